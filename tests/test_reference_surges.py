"""The scans for surges agree with brute force: every window by itself, with scipy's distributions."""

import numpy as np
import pytest

import oracles_surge as oracles
import viewshift as vs
from viewshift.baselines import UsualLevel
from viewshift.detectors import SurgeScan
from viewshift.kernels.surge import N_ADDED, log_ratios

LENGTHS = (1, 2, 5, 14)


def histories(seed, n_accounts=5, n_days=45):
    """Return simulated viewers, some with a surge, missing days, or a day beyond what any surge adds."""
    rng = np.random.default_rng(seed)
    episodes = np.array(vs.simulate.viewers(n_accounts, n_days, seed=seed)["episodes"], dtype=np.float64)
    episodes[0, 30:37] += rng.poisson(5, 7)
    episodes[1, 30] = N_ADDED + 40
    episodes[2, rng.random(n_days) < 0.3] = np.nan
    episodes[2, :4] = np.nan
    episodes[3] = rng.poisson(9, n_days)  # on whom ordinary counts are no surge, however rare a lesser one would be
    episodes[4, 35:] += rng.negative_binomial(1, 0.1, n_days - 35)
    return episodes


def to_panel(episodes, exposure=None):
    accounts = [f"a{i}" for i in range(len(episodes))]
    return vs.Panel({"episodes": episodes}, accounts=accounts, start="2024-01-03", exposure=exposure)


@pytest.fixture(scope="module")
def scan():
    baseline = UsualLevel(half_lives=(10.0, 60.0), winsor=0.95)
    return SurgeScan(lengths=LENGTHS, baseline=baseline).fit(vs.simulate.viewers(150, 200, seed=3))


@pytest.mark.parametrize(("size", "shock"), [(3.0, True), (np.inf, False)])
def test_evidence_is_that_of_every_window_by_itself(scan, size, shock):
    """Tolerance 1e-9; with days on which everybody watches less, or more."""
    episodes = histories(5)
    factors = np.ones(episodes.shape)
    if shock:
        factors[:, 25:28] = 0.4
        factors[:, 38:41] = 1.7
    scan = scan.__class__(**{**scan.get_params(deep=False), "size": size}).restore(scan.learned())
    panel = to_panel(episodes, factors)
    found, likeliest, _ = scan._scan(scan.start(len(episodes)), panel)
    places = [np.arange(*pair) for pair in scan._additions_at(np.array(LENGTHS))]
    base = scan.baseline_
    for i, row in enumerate(episodes):
        expected = oracles.evidence(
            row, factors[i], 2, base.half_lives, base, base.log_above, LENGTHS, places, scan._probabilities()
        )
        np.testing.assert_allclose(found[i], expected, rtol=1e-9, atol=1e-9, err_msg=f"account {i}")
    assert (likeliest[np.isnan(found)] == -1).all()


def test_low_counts_of_heavy_accounts_are_no_surge(scan):
    """Twelve episodes where sixty are usual are rarer than none at all, and would be an excellent surge from there."""
    row = np.random.default_rng(1).poisson(60, (1, 150)).astype(float)
    row[0, 120] = 12
    evidence = scan._scan(scan.start(1), to_panel(row))[0][0, 60:]
    assert np.nanmax(evidence) < 5


def test_additions_are_tried_where_they_can_be_told():
    """From 1.6 to 14 over the root of the length: Poisson ratios of single days saturate beyond."""
    scan = SurgeScan()
    tried = [np.array(scan.additions)[slice(*pair)] for pair in scan._additions_at(np.array(scan.lengths))]
    assert tried[0].tolist() == [2, 3, 4, 6, 8, 12]
    assert tried[-1].tolist() == [0.5, 1, 1.5, 2]
    for length, few in zip(scan.lengths, tried, strict=True):
        assert (few * np.sqrt(length) >= 1.6).all()
        assert (few * np.sqrt(length) <= 14).all()
    alone = SurgeScan(additions=(0.1, 90.0))._additions_at(np.array([1]))
    assert alone.tolist() == [[1, 2]], "with none in the range, the one next to it"


def test_accounts_in_blocks_score_the_same_bits_and_leave_the_same_state(scan, monkeypatch):
    panel = to_panel(histories(9))
    state, scores = scan.advance(scan.start(panel.n_accounts), panel)
    surges = scan.surges(panel)
    monkeypatch.setattr("viewshift.detectors.surge_scan.AT_ONCE", 2 * panel.n_days)
    after, again = scan.advance(scan.start(panel.n_accounts), panel)
    np.testing.assert_array_equal(again, scores)
    for name, values in state.items():
        np.testing.assert_array_equal(after[name], values, err_msg=name, strict=True)
    for one, other in zip(scan.surges(panel), surges, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("size", [3.0, np.inf])
def test_the_ratio_of_a_day_never_falls_with_its_count(size):
    """400 hurdles over the range that regressions are held to, counts to beyond all that is added; to rounding."""
    rng, means = np.random.default_rng(10), np.array([0.5, 4.0, 12.0, 64.0])
    added = SurgeScan(additions=tuple(means), size=size)._probabilities()
    counts = [*range(1, N_ADDED + 9), 100.0, 1e3, 1e6, 1e9]
    shapes = zip(rng.uniform(-20, 20, 400), rng.uniform(-14, 20, 400), rng.uniform(-4.6, 6.9, 400), strict=True)
    for odds, log_mean, log_size in shapes:
        found, room = np.empty((len(counts), 4)), np.empty(4)
        for y, ratios in zip(counts, found, strict=True):
            log_ratios(float(y), 1 / (1 + np.exp(-odds)), np.exp(log_mean), np.exp(log_size), added, 4, room, ratios)
        assert np.isfinite(found).all()
        assert (found[0] >= np.log(added[0])).all(), "a day of one is no less than a day of none"
        assert (np.diff(found, axis=0) >= -1e-12 * np.abs(found[1:])).all()


def test_score_is_the_rarest_length(scan):
    """Scales: -log of how many alarms a year reach M in the population, here counted by the rule's own intervals."""
    panel = vs.simulate.viewers(40, 200, seed=6)
    found = scan._scan(scan.start(panel.n_accounts), panel)[0]
    on_scale = [np.interp(found[:, :, j], *scan.knots_[j], left=np.nan, right=np.nan) for j in range(found.shape[2])]
    inside = ~np.isnan(on_scale).any(axis=0)
    assert np.count_nonzero(inside) > 100
    np.testing.assert_allclose(scan.score(panel)[inside], np.max(on_scale, axis=0)[inside], rtol=1e-12)


def test_surges_tell_length_and_size(scan):
    """Five episodes more on each of five days; within a day of the length, within half and twice the size."""
    episodes = np.array(vs.simulate.viewers(40, 100, seed=8)["episodes"], dtype=np.float64)
    episodes[:, 80:85] += 5
    length, size = scan.surges(to_panel(episodes))
    assert np.median(length[:, 84]) == 5
    assert 2.5 <= np.median(size[:, 84]) <= 10
    gap = to_panel(np.full((1, 3), np.nan))
    assert scan.surges(gap)[0].tolist() == [[0, 0, 0]]
    assert np.isnan(scan.surges(gap)[1]).all()


def test_a_huge_day_does_not_pass_for_a_fortnight(scan):
    """Of 300 episodes no more is made than of 100, and they speak for one day and against a surge of 14."""
    evidence = []
    for episodes in (100, 300):
        row = np.tile([0.0, 2, 0, 0, 1, 3, 0], 20)[None]
        row[0, 120] = episodes
        evidence.append(scan._scan(scan.start(1), to_panel(row))[0][0, 120])
    np.testing.assert_allclose(*evidence, atol=0.01)
    assert evidence[0][0] > 10
    assert evidence[0][-1] < 0


@pytest.mark.parametrize(
    "row",
    [
        np.zeros(90),
        np.r_[4.0, np.full(89, np.nan)],
        np.full(90, 3.0),
        np.r_[np.zeros(60), 1e9, np.zeros(29)],
        np.where(np.arange(90) % 2, 2.0, np.nan),
        np.arange(5.0),
    ],
    ids=["zeros", "one day", "constant", "enormous", "half missing", "five days"],
)
def test_awkward_histories_have_finite_scores(scan, row):
    scores = scan.score(to_panel(row[None]))[0]
    assert np.isfinite(scores[~np.isnan(row)]).all()
    assert np.isnan(scores[np.isnan(row)]).all()


def test_kernel_goes_on_where_it_stopped(scan):
    """Days in two goes give the same bits and the same state as in one."""
    panel = to_panel(histories(7))
    whole, _, state = scan._scan(scan.start(panel.n_accounts), panel)
    middle = panel.days[37]
    first, _, between = scan._scan(scan.start(panel.n_accounts), panel.between(until=middle))
    second, _, after = scan._scan(between, panel.between(since=middle + 1))
    np.testing.assert_array_equal(np.concatenate([first, second], axis=1), whole)
    for name in ("averages", "weekdays", "last"):
        np.testing.assert_array_equal(after[name], state[name], err_msg=name)
    again, _, _ = scan._scan(after, panel)
    np.testing.assert_array_equal(again, scan._scan(state, panel)[0])
