"""Peers: each gives what its library gives, keeps from it what it cannot take, and can be dialled like any detector."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone

import viewshift as vs
from viewshift.study import peers
from viewshift.study.peers import _river
from viewshift.study.peers._base import library

PEERS = peers.all_peers()
N_DAYS = 160
BINGE = slice(120, 127)


def counts(n_days=N_DAYS, seed=3):
    """Four accounts' days, with a week of some ten episodes in each."""
    rng = np.random.default_rng(seed)
    days = rng.negative_binomial(0.6, 0.3, size=(4, n_days)).astype(float)
    days[:, BINGE] = rng.poisson(10, size=(4, 7))
    return days


def panel(days):
    return vs.Panel({"episodes": days}, accounts=[f"a{i}" for i in range(len(days))], start="2024-01-01")


def scores(peer, days):
    whole = panel(np.atleast_2d(days))
    return peer.fit(whole).score(whole)


ROW = counts()[0]


def directly_pandas():
    series = pd.Series(ROW)
    return [
        (ROW[t] - series[t - 90 : t].mean()) / series[t - 90 : t].std() if t >= 90 else np.nan for t in range(N_DAYS)
    ], slice(90, None)


def directly_iforest():
    from pyod.models.iforest import IForest
    from pyod.models.ts_od import TimeSeriesOD

    return TimeSeriesOD(IForest(random_state=0), window_size=3).fit(ROW).decision_scores_, slice(None)


def directly_ecod():
    from pyod.models.ts_od import TimeSeriesOD

    return TimeSeriesOD("ECOD", window_size=3).fit(ROW).decision_scores_, slice(None)


def directly_mad():
    from pyod.models.mad import MAD

    sums = np.log1p(np.convolve(ROW, np.ones(14), "valid"))
    found = MAD().fit(sums[:, None]).decision_scores_
    return np.r_[np.full(13, np.nan), np.where(sums >= np.median(sums), found, 0.0)], slice(None)


def directly_gaussian():
    from river.anomaly import GaussianScorer

    scorer, own = GaussianScorer(), []
    for day in ROW:
        own.append(scorer.score_one(None, day))
        scorer.learn_one(None, day)
    assert max(own) > 0.9
    return np.array(own), slice(100, None)


def directly_page_hinkley():
    from river.drift import PageHinkley
    from river.preprocessing import StandardScaler

    highest = np.full(N_DAYS, np.nan)
    highest[30:] = 0.0
    for threshold in _river.THRESHOLDS:
        scaler, test = StandardScaler(), PageHinkley(delta=1.0, threshold=threshold, mode="up")
        for t, day in enumerate(ROW):
            scaled = scaler.transform_one({"x": day})["x"]
            scaler.learn_one({"x": day})
            if t >= 30:
                test.update(scaled)
                if test.drift_detected:
                    highest[t] = threshold
    return highest, slice(None)


def upward(changes, gain):
    """Gain of each change to a higher mean, by hand."""
    found = np.zeros(N_DAYS)
    for a, b, c in zip([0, *changes[:-1]], changes, [*changes[1:], N_DAYS], strict=True):
        if ROW[b:c].mean() > ROW[a:b].mean():
            found[b] = gain(a, b, c)
    return found


def directly_kernel():
    import ruptures

    search = ruptures.KernelCPD(kernel="rbf", params={"gamma": 0.03 / ROW.var()}).fit(ROW)
    changes = search.predict(pen=1)[:-1]
    error = search.cost.error
    return upward(changes, lambda a, b, c: error(a, c) - error(a, b) - error(b, c)), slice(None)


def directly_pelt():
    from skchange.detectors import PELT
    from skchange.interval_scorers import PoissonCost

    changes = PELT(PoissonCost()).fit_predict(ROW[:, None])

    def cost(a, b):  # twice the negative log-likelihood, from SciPy; factorials cancel
        return -2 * stats.poisson.logpmf(ROW[a:b], ROW[a:b].mean()).sum()

    return upward(changes.tolist(), lambda a, b, c: cost(a, c) - cost(a, b) - cost(b, c)), slice(None)


def directly_capa():
    from skchange.detectors import CAPA
    from skchange.interval_scorers import PoissonSaving

    search = CAPA(PoissonSaving(ROW.mean()), include_point_anomalies=True).fit(ROW[:, None])
    found = np.zeros(N_DAYS)
    for a, b in search.predict_segment_anomalies(ROW[:, None]):
        if ROW[a:b].mean() > ROW.mean():
            own = stats.poisson.logpmf(ROW[a:b], ROW[a:b].mean())
            found[a] = 2 * (own - stats.poisson.logpmf(ROW[a:b], ROW.mean())).sum()
    return found, slice(None)


def directly_moving_window():
    from skchange.detectors import MovingWindow
    from skchange.interval_scorers import RankScore

    search = MovingWindow(RankScore(), bandwidth=[7, 28]).fit(ROW[:, None])
    told = search.predict_all(ROW[:, None])
    best = pd.Series(told["scores"]).groupby(told["splits"]).max() + 2 * np.log(N_DAYS)
    return upward(told["changepoints"].tolist(), lambda a, b, c: best[b]), slice(None)


def directly_stl():
    from statsmodels.tsa.seasonal import STL

    residual = STL(ROW, period=7, trend=57, robust=True).fit().resid
    return stats.zscore(residual), slice(None)


def directly_stumpy():
    """By brute force over all pairs of stretches that overlap by less than STUMPY's exclusion zone of m / 4 days."""
    stretches = np.lib.stride_tricks.sliding_window_view(ROW / ROW.std(), 7)
    distance = np.sqrt(((stretches[:, None] - stretches[None]) ** 2).sum(axis=2))
    apart = np.abs(np.subtract.outer(np.arange(len(stretches)), np.arange(len(stretches)))) > 2
    nearest = np.where(apart, distance, np.inf).min(axis=1)
    above = np.lib.stride_tricks.sliding_window_view(ROW, 7).mean(axis=1) > ROW.mean()
    return np.r_[np.full(6, np.nan), np.where(above, nearest, 0.0)], slice(None)


DIRECTLY = {
    "pandas rolling z": directly_pandas,
    "PyOD IForest": directly_iforest,
    "PyOD ECOD": directly_ecod,
    "PyOD MAD": directly_mad,
    "river GaussianScorer": directly_gaussian,
    "river PageHinkley": directly_page_hinkley,
    "ruptures KernelCPD": directly_kernel,
    "skchange PELT": directly_pelt,
    "skchange CAPA": directly_capa,
    "skchange MovingWindow": directly_moving_window,
    "statsmodels STL": directly_stl,
    "STUMPY discords": directly_stumpy,
}


@pytest.mark.parametrize("name", PEERS)
def test_peer_gives_what_its_library_gives(name):
    """Called by hand on one account: equal to 1e-9."""
    expected, days = DIRECTLY[name]()
    own = scores(PEERS[name], ROW)[0]
    if name == "river GaussianScorer":  # the scorer folds z into [0, 1]
        own = 2 * np.abs(stats.norm.cdf(own) - 0.5)
    np.testing.assert_allclose(own[days], np.asarray(expected)[days], rtol=1e-9, atol=1e-9)
    assert np.nanmax(own[days]) > 0


DEAF = ("PyOD MAD",)
"""At its default this flags no day of a week of ten episodes a day."""


@pytest.mark.parametrize("name", PEERS)
def test_peer_scores_a_binge_above_the_days_before(name):
    """In at least three of four accounts: a week of ten episodes a day in a habit of one or two."""
    found = np.nan_to_num(scores(PEERS[name], counts()))
    assert (
        np.mean(found[:, BINGE.start : BINGE.stop + 7].max(axis=1) > found[:, : BINGE.start - 14].max(axis=1)) >= 0.75
    )


@pytest.mark.parametrize("name", PEERS)
def test_peer_claims_the_causality_that_it_has(name):
    """Scores of a prefix are the prefix of scores for those that say so, and for no other."""
    peer, days = PEERS[name], counts()[:2]
    whole, prefix = scores(peer, days)[:, :123], scores(peer, days[:, :123])
    assert np.array_equal(whole, prefix, equal_nan=True) == peer.claims.causal


@pytest.mark.parametrize("name", PEERS)
def test_missing_days_and_idle_accounts_do_no_harm(name):
    """A missing day has no score, nor has a stretch that holds it; idle accounts never stand out, nor do five days."""
    days = counts()[:3]
    usual = scores(PEERS[name], days[:1])[0]
    days[0, 110] = np.nan
    days[1] = 0.0
    days[2, :-5] = np.nan
    found = scores(PEERS[name], days)
    lost = np.flatnonzero(np.isnan(found[0]) & ~np.isnan(usual))
    assert lost.tolist() == list(range(110, 117 if name == "STUMPY discords" else 111))
    assert np.nanmax(np.r_[found[1], 0.0]) <= 0
    assert np.isnan(found[2]).all()
    assert not np.isinf(found).any()
    flagged = PEERS[name].decisions(panel(days))
    assert not flagged[np.isnan(days)].any()
    assert flagged[0, BINGE.start : BINGE.stop].any() == (name not in DEAF)


FAILS = {
    "pandas rolling z": ("no score on 1 of 160 days", "no score on 115 of 160 days"),
    "PyOD IForest": ("ValueError: Input contains NaN.", "as usual"),
    "PyOD ECOD": ("ValueError: Input contains NaN.", "as usual"),
    "PyOD MAD": ("no score on 14 of", "RuntimeWarning: invalid value encountered in divide; no score"),
    "river GaussianScorer": ("no score on 60 of 160 days", "no score on 60 of 160 days"),
    "river PageHinkley": ("every later score is 0", "as usual"),
    "ruptures KernelCPD": ("every later score is 0", "as usual"),
    "skchange PELT": ("ValueError: Input X contains NaN. PELT does not accept missing values", "as usual"),
    "skchange CAPA": (
        "ValueError: Input X contains NaN. CAPA does not accept missing values",
        "ValueError: baseline_rate must be strictly positive.",
    ),
    "skchange MovingWindow": ("ValueError: Input X contains NaN. MovingWindow does not accept", "as usual"),
    "statsmodels STL": ("no score on 160 of 160 days", "as usual"),
    "STUMPY discords": ("no score on 7 of 160 days", "UserWarning: A large number of values in `P`"),
}


@pytest.mark.parametrize("name", PEERS)
def test_what_a_library_cannot_take_is_recorded_in_its_words(name):
    told = peers.probe(PEERS[name], ROW)
    assert list(told) == ["a missing day", "never watched"]
    for said, begins in zip(told.values(), FAILS[name], strict=True):
        assert said.startswith(begins), said


def test_decisions_are_those_of_the_libraries():
    """Isolation forest and ECOD: a tenth of the days; STUMPY: one stretch; z: above 3; CAPA: whole anomalies."""
    from river.drift import PageHinkley

    days = panel(counts())
    flagged = {name: peer.fit(days).decisions(days) for name, peer in PEERS.items()}
    for name in ("PyOD IForest", "PyOD ECOD"):
        assert np.all(np.abs(flagged[name].mean(axis=1) - 0.1) <= 0.03)
    np.testing.assert_array_equal(flagged["STUMPY discords"].sum(axis=1), 7)
    for name in ("pandas rolling z", "statsmodels STL"):
        np.testing.assert_array_equal(flagged[name], PEERS[name].score(days) > 3)
    gaussian = PEERS["river GaussianScorer"].score(days)
    np.testing.assert_array_equal(flagged["river GaussianScorer"], gaussian >= stats.norm.ppf(0.9975))
    starts = PEERS["skchange CAPA"].score(days) > 0
    assert (flagged["skchange CAPA"] >= starts).all()
    assert flagged["skchange CAPA"].sum() > starts.sum()
    test = PageHinkley(mode="up")
    for day, told in zip(ROW, flagged["river PageHinkley"][0], strict=True):
        test.update(day)
        assert told == test.drift_detected
    mad = PEERS["PyOD MAD"].score(days)
    np.testing.assert_array_equal(flagged["PyOD MAD"], mad > 3.5)


def test_without_its_library_a_peer_says_in_one_sentence_what_to_install(monkeypatch):
    with pytest.raises(ModuleNotFoundError, match="package nowhere, which is not installed; pip install 'viewshift"):
        library("nowhere.models")
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'numpy\.nowhere'"):
        library("numpy.nowhere")

    def absent(module):
        raise ModuleNotFoundError("none", name=module.partition(".")[0])

    monkeypatch.setattr("viewshift.study.peers._base.import_module", absent)
    for peer in PEERS.values():
        with pytest.raises(ModuleNotFoundError, match=f"package {peer.package}, which is not installed"):
            clone(peer).fit(panel(counts()))


def test_importing_peers_loads_no_library():
    code = "import sys, viewshift.study.peers; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"pyod", "river", "ruptures", "skchange", "stumpy"}.isdisjoint(loaded)


@pytest.mark.parametrize("name", [name for name in PEERS if name != "PyOD IForest"])
def test_rule_sets_a_peer_to_a_wanted_rate(name):
    """On the reference itself: 1 alarm per account-year, give or take a half, or fewer where scores tie."""
    reference = vs.simulate.viewers(12, 300, seed=1)
    rule = vs.AlarmRule(PEERS[name], per_account_year=1, n_folds=2).fit(reference)
    years = np.count_nonzero(~np.isnan(rule.surprise(reference))) / 365.25
    assert 0.1 < len(rule.alarms(reference)) / years <= 1.5


def test_table_at_defaults_counts_by_hand():
    """One account in three is flagged once a year whatever happens; the event of each is found where it is flagged."""
    flagged = peers.PandasRollingZ(window=30)
    table = peers.at_defaults({"z": flagged}, ["story", "surge_7d"], [1], n_accounts=6, n_days=420)
    viewers = vs.simulate.viewers(6, 420, seed=1)
    clean = flagged.fit(viewers).decisions(viewers)
    runs = sum(len(vs.alarms.find_intervals(row[None].astype(float), 1.0).row) for row in clean)
    value = table.set_index(["scenario", "metric"])["value"]
    assert value["clean", "alarms"] == pytest.approx(runs / (6 * 420 / 365.25))
    changed, truth = vs.simulate.SCENARIOS["story"].inject(viewers, seed=1)
    found = 0
    marks = flagged.decisions(changed)
    for row, event in enumerate(truth.itertuples()):
        opened = vs.alarms.find_intervals(marks[row : row + 1].astype(float), 1.0).opened
        first = (event.onset - pd.Timestamp(viewers.start)).days
        found += any(first <= day <= first + 6 for day in opened)
    assert value["story", "recall"] == pytest.approx(found / 6)
    assert value["mean", "recall"] == pytest.approx((value["story", "recall"] + value["surge_7d", "recall"]) / 2)


def test_scenarios_without_events_are_refused_at_defaults():
    with pytest.raises(ValueError, match="something is wrong, got 'holiday'"):
        peers.at_defaults({"z": peers.PandasRollingZ()}, ["story", "holiday"], [1], n_accounts=4, n_days=420)


def test_slow_peers_meet_the_first_accounts_and_failures_are_rows(monkeypatch):
    slow = peers.PandasRollingZ(window=30, most_accounts=4)
    table = peers.at_defaults({"slow": slow}, ["story"], [1], n_accounts=6, n_days=420)
    assert table.set_index("metric")["n"]["alarms"] == 4
    alone = peers.at_defaults({"slow": clone(slow)}, ["story"], [1], n_accounts=4, n_days=420)
    pd.testing.assert_frame_equal(table, alone)
    two = {"slow": slow, "z": peers.PandasRollingZ(window=30)}
    shared = peers.at_defaults(two, ["story"], [1], n_accounts=6, n_days=420, workers=2)
    pd.testing.assert_frame_equal(shared.query("peer == 'slow'"), table)
    failed = peers.at_defaults({"z": peers.PandasRollingZ(window=1)}, ["story"], [1], n_accounts=4, n_days=420)
    assert failed["metric"].tolist() == ["failed"]
    assert "`window` must be at least 2" in failed["scenario"].item()
