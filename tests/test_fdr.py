"""False discovery rates: hand-made days, published definitions, other packages, and the accounts that are left out."""

import builtins

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

import viewshift as vs
from viewshift.fdr import _log_e, discoveries, discoveries_on_day, stream_discoveries


def published_p_values():
    """The 15 p-values of Benjamini & Hochberg (1995), section 3.1."""
    return np.array(
        [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1.0]
    )  # fmt: skip


def test_the_worked_example_of_benjamini_and_hochberg():
    """Their paper rejects the four smallest at .05 (Bonferroni the three smallest)."""
    assert discoveries(-np.log10(published_p_values()), 0.05).sum() == 4


@pytest.mark.parametrize("method", ["bh", "by"])
@pytest.mark.parametrize("level", [0.01, 0.05, 0.1, 0.3])
def test_step_up_is_that_of_scipy(method, level):
    rng = np.random.default_rng(0)
    for _ in range(20):
        p = np.concatenate([rng.random(200), rng.random(30) ** 8])
        adjusted = stats.false_discovery_control(p, method=method)
        np.testing.assert_array_equal(discoveries(-np.log10(p), level, method), adjusted <= level)


@pytest.mark.parametrize("method", ["bh", "by", "e-bh"])
def test_tiny_p_values_are_not_lost(method):
    """1e-310 is denormal and 1e-5000 underflows: both are discoveries."""
    found = discoveries(np.array([5000.0, 310.0, 300.0, 0.2, 0.1]), 0.01, method)
    assert found.tolist() == [True, True, True, False, False]


@pytest.mark.parametrize("method", ["bh", "by", "e-bh"])
def test_who_is_left_out_does_not_count_for_the_family(method):
    rng = np.random.default_rng(1)
    surprise = -np.log10(rng.random(500) ** 4)
    out = rng.random(500) < 0.6
    found = discoveries(np.where(out, np.nan, surprise), 0.1, method)
    np.testing.assert_array_equal(found[~out], discoveries(surprise[~out], 0.1, method))
    assert not found[out].any()
    assert not discoveries(np.full(3, np.nan), 0.1, method).any()
    assert discoveries(np.zeros(0), 0.1, method).shape == (0,)


def test_the_calibrator_is_an_e_value_and_its_formula():
    """Its integral over uniform p is 1 (with p = exp(-x), of e(p) p dx), and it is the mixture of powers of p."""
    total = integrate.quad(lambda x: np.exp(_log_e(np.array([x / np.log(10)]))[0] - x), 1e-6, 1e4, limit=500)[0]
    tail = 1e-4  # the integrand is 1 / x^2 beyond
    assert total + tail == pytest.approx(1, abs=1e-3)
    for p in (0.9, 0.1, 1e-4, 1e-12):
        mixture = integrate.quad(lambda k, p=p: k * p ** (k - 1), 0, 1, limit=500)[0]
        assert np.exp(_log_e(np.array([-np.log10(p)]))[0]) == pytest.approx(mixture, rel=1e-6)
    assert np.exp(_log_e(np.zeros(1)))[0] == pytest.approx(0.5, abs=1e-4)


def test_e_bh_is_that_of_another_package():
    e_values = pytest.importorskip("online_fdr").e_values
    rng = np.random.default_rng(2)
    for level in (0.05, 0.2):
        surprise = -np.log10(np.concatenate([rng.random(100), rng.random(20) ** 12]))
        theirs = e_values.e_bh(np.exp(_log_e(surprise)).tolist(), level)
        np.testing.assert_array_equal(discoveries(surprise, level, "e-bh"), theirs)


def gamma_lord(j):
    return 0.07720838 * np.log(max(j, 2)) / (j * np.exp(np.sqrt(np.log(j))))


def gamma_saffron(j):
    return 0.4374901658 / j**1.6


def lord_by_definition(p, level):
    """alpha_t = w0 gamma_t + (level - w0) gamma_{t - tau_1} + level sum of gamma_{t - tau_j}, j > 1."""
    found = []
    for t in range(1, len(p) + 1):
        parts = [(level / 2 if j == 0 else level) * gamma_lord(t - tau) for j, tau in enumerate(found)]
        if p[t - 1] <= level / 2 * gamma_lord(t) + sum(parts):
            found.append(t)
    return [t in found for t in range(1, len(p) + 1)]


def saffron_by_definition(p, level, candidate=0.5):
    """As LORD++ with (1 - lambda) before it and candidates not counted as days."""
    found = []
    for t in range(1, len(p) + 1):

        def age(tau, t=t):
            return t - tau - sum(p[i - 1] <= candidate for i in range(tau + 1, t))

        parts = [(level / 2 if j == 0 else level) * gamma_saffron(age(tau)) for j, tau in enumerate(found)]
        alpha = (1 - candidate) * (level / 2 * gamma_saffron(age(0)) + sum(parts))
        if p[t - 1] <= min(candidate, alpha):
            found.append(t)
    return [t in found for t in range(1, len(p) + 1)]


def addis_by_definition(p, level, candidate=0.25, keep=0.5):
    """Tian & Ramdas (2019), algorithm 1: only days kept and no candidates age the wealth."""
    found = []
    for t in range(1, len(p) + 1):

        def age(tau, t=t):
            return 1 + sum(candidate < p[i - 1] <= keep for i in range(tau + 1, t))

        parts = [(level / 2 if j == 0 else level) * gamma_saffron(age(tau)) for j, tau in enumerate(found)]
        alpha = (keep - candidate) * (level / 2 * gamma_saffron(age(0)) + sum(parts))
        if p[t - 1] <= min(candidate, alpha):
            found.append(t)
    return [t in found for t in range(1, len(p) + 1)]


@pytest.mark.parametrize(
    ("method", "definition"),
    [("lord++", lord_by_definition), ("saffron", saffron_by_definition), ("addis", addis_by_definition)],
)
def test_streams_follow_the_published_definitions(method, definition):
    pytest.importorskip("online_fdr")
    rng = np.random.default_rng(3)
    n_found = 0
    for _ in range(10):
        p = np.where(rng.random(150) < 0.2, rng.random(150) ** 15, rng.random(150))
        found = stream_discoveries(-np.log10(p), 0.1, method)
        assert found.tolist() == definition(p, 0.1)
        n_found += found.sum()
    assert n_found > 50


@pytest.mark.parametrize("method", ["lord++", "saffron", "addis"])
def test_a_stream_is_decided_from_the_past_and_skips_days_without_opinion(method):
    pytest.importorskip("online_fdr")
    rng = np.random.default_rng(4)
    surprise = -np.log10(rng.random(120) ** 3)
    found = stream_discoveries(surprise, 0.1, method)
    np.testing.assert_array_equal(stream_discoveries(surprise[:70], 0.1, method), found[:70])
    gappy = np.insert(surprise, [10, 10, 50], np.nan)
    np.testing.assert_array_equal(stream_discoveries(gappy, 0.1, method)[~np.isnan(gappy)], found)
    assert stream_discoveries(np.array([400.0, 0.1]), 0.1, method).tolist() == [True, False]


def test_without_the_package_a_sentence_says_what_to_install(monkeypatch):
    whole = builtins.__import__

    def without(name, *rest):
        if name.startswith("online_fdr"):
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"needs the package online-fdr; `pip install viewshift\[online\]`"):
        stream_discoveries(np.zeros(3))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"level": 0}, "The false discovery rate must be a number above 0 and below 1, got 0"),
        ({"level": True}, "The false discovery rate must be a number above 0 and below 1"),
        ({"method": "holm"}, "`method` must be one of .*got 'holm'"),
        ({"surprise": np.array([1.0, -0.1])}, r"at least 0 \(-log10 p\), got -0.1"),
        ({"surprise": np.zeros((2, 2))}, r"got shape \(2, 2\)"),
    ],
)
@pytest.mark.parametrize("which", [discoveries, stream_discoveries])
def test_bad_input_is_answered_with_a_sentence(which, options, words):
    with pytest.raises(ValueError, match=words):
        which(**{"surprise": np.ones(3)} | options)


def day_of(surprise, day=None, **options):
    surprise = np.asarray(surprise, dtype=float)
    panel = vs.Panel(
        {"episodes": np.where(np.isnan(surprise), np.nan, 1.0)},
        accounts=[f"a{i}" for i in range(len(surprise))],
        start="2025-06-01",
    )
    settings = {"level": 0.1, "method": "bh", "threshold": 3.0, "quiet": 2, "adapt_after": 28} | options
    return discoveries_on_day(panel, surprise, surprise > 8, day, **settings)


def test_accounts_already_in_an_alarm_are_told_apart_and_left_out():
    nan = np.nan
    table = day_of(
        [
            [0, 0, 0, 9.0],  # new today
            [0, 0, 4, 9.0],  # in alarm since yesterday
            [0, 4, 0, 9.0],  # one quiet day only: still in it
            [4, 0, 0, 9.0],  # over for two quiet days
            [4, nan, 0, 9.0],  # a day not seen is not quiet
            [0, 0, 0, nan],  # not judged
            [0, 0, 0, 0.1],
        ]
    )
    assert table["account"].tolist() == ["a0", "a1", "a2", "a3", "a4", "a6"]
    assert table["in_alarm"].tolist() == [False, True, True, False, True, False]
    assert table["discovered"].tolist() == [True, False, False, True, False, False]
    assert table["extrapolated"].tolist() == [True] * 5 + [False]
    assert (table["day"] == pd.Timestamp("2025-06-04")).all()


def test_an_account_whose_shift_lasts_is_judged_again_after_adapt_after_days():
    path = [0, 4.0, 4.0, 4.0, 4.0, 9.0]
    in_alarm = [day_of([path], day=f"2025-06-0{d}", adapt_after=3)["in_alarm"][0] for d in range(1, 7)]
    assert in_alarm == [False, False, True, True, False, False]
    assert day_of([path], adapt_after=3)["discovered"][0]
    assert not day_of([path])["discovered"][0]


def test_any_day_of_the_panel_can_be_asked_and_the_first_has_no_alarms_before_it():
    table = day_of([[9, 0], [0.1, 0]], day="2025-06-01")
    assert table["discovered"].tolist() == [True, False]
    assert not table["in_alarm"].any()
    with pytest.raises(
        ValueError, match="`day` must be one of the panel's days, 2025-06-01 to 2025-06-02, got 2025-06-03"
    ):
        day_of([[9, 0]], day="2025-06-03")


def test_a_rule_names_the_accounts_that_stand_out_on_a_day():
    rule = vs.AlarmRule(vs.detectors.ZScore()).fit(vs.simulate.viewers(150, 200, seed=1))
    panel = vs.simulate.viewers(100, 120, seed=2)
    episodes = np.array(panel["episodes"])
    episodes[7, 100] += 60
    panel = panel.with_measures({"episodes": episodes})
    table = rule.discoveries(panel, panel.days[100], fdr=0.2)
    assert table.loc[table["discovered"], "account"].tolist() == [panel.accounts[7]]
    np.testing.assert_array_equal(table["surprise"], rule.surprise(panel)[:, 100])
    again = rule.discoveries(panel, panel.days[101], fdr=0.2).set_index("account").loc[panel.accounts[7]]
    assert again["in_alarm"]
    assert not again["discovered"]
