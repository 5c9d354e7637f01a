"""Every kernel gives what its slow, obvious twin gives, on ordinary and on awkward rows."""

import itertools

import numba
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.utils import check_random_state

import oracles
import oracles_changes
from viewshift.kernels._compile import when_compiling
from viewshift.kernels.counts import mixed_bits, nb_log_ratio, nb_size
from viewshift.kernels.cusum import cumulative_sum
from viewshift.kernels.forest import mean_depth, path_length, stacked
from viewshift.kernels.ordered import trailing_median_mad, trailing_robust_z
from viewshift.kernels.rolling import deflated, trailing_mean_std, trailing_sums, trailing_z, window_mean
from viewshift.kernels.segmentation import NB, NORMAL, POISSON, difference_autocorrelation, difference_spread, segment
from viewshift.kernels.shiryaev_roberts import log_ratio_sums
from viewshift.kernels.spans import first_known, largest_days, sums_and_counts, two_levels

MODEL = {"normal": NORMAL, "poisson": POISSON, "nb": NB}


def rows(seed, n_days=60):
    """Return accounts of every kind that has broken a kernel somewhere: (12, n_days) float64."""
    rng = np.random.default_rng(seed)
    values = rng.negative_binomial(0.4, 0.2, (12, n_days)).astype(np.float64)
    values[1] = rng.gamma(2.0, 3.0, n_days)
    values[2] = 0.0
    values[3] = 5.0
    values[4] = np.nan
    values[5, 1:] = np.nan
    values[6, n_days // 3] = 1e6
    values[7] = rng.integers(0, 2, n_days)
    values[8] = np.arange(n_days)
    values[9:][rng.random((3, n_days)) < [[0.03], [0.3], [0.6]]] = np.nan
    return values


WINDOWS = [(7, 0, 2), (8, 3, 4), (14, 7, 7), (2, 0, 2), (1, 1, 1)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("window", "guard", "least"), WINDOWS)
def test_trailing_mean_and_std_are_those_of_the_window(seed, window, guard, least):
    values = rows(seed)
    mean, std = trailing_mean_std(values, window, guard, least)
    # the twin sums pairwise: equal up to rounding
    np.testing.assert_allclose(mean, oracles.over_windows(values, window, guard, least, np.mean), rtol=1e-12)
    np.testing.assert_allclose(
        std, oracles.over_windows(values, window, guard, least, oracles.sample_std), rtol=1e-10, atol=1e-9
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("window", "guard", "least"), WINDOWS)
def test_trailing_median_and_mad_are_exact(seed, window, guard, least):
    values = rows(seed)
    median, mad = trailing_median_mad(values, window, guard, least)
    np.testing.assert_array_equal(median, oracles.over_windows(values, window, guard, least, np.median))
    np.testing.assert_array_equal(mad, oracles.over_windows(values, window, guard, least, oracles.mad))


@pytest.mark.parametrize(
    ("kernel", "statistics", "scale"),
    [(trailing_z, trailing_mean_std, 1.0), (trailing_robust_z, trailing_median_mad, 1.4826)],
)
def test_a_z_score_is_the_excess_in_units_of_the_spread_but_at_least_the_floor(kernel, statistics, scale):
    values = rows(5)
    for window, guard, least in WINDOWS[:-1]:  # one day has no spread
        centre, spread = statistics(values, window, guard, least)
        expected = (values[:, window + guard :] - centre) / np.maximum(scale * spread, 0.7)
        np.testing.assert_array_equal(kernel(values, window, guard, least, 0.7), expected)


@pytest.mark.parametrize("window", [5, 6, 31, 56, 64, 100])
def test_windows_are_summed_and_ordered_right_whatever_their_length_and_number(window):
    rng = np.random.default_rng(window)
    for n_days in (1, 31, 32, 33, 70):
        values = rng.poisson(2.0, (6, window + 2 + n_days)) / rng.choice([1.0, 0.9], (6, window + 2 + n_days))
        values[1] = 1e6 + rng.random(len(values[1]))  # squares of which nothing is left but rounding
        values[rng.random(values.shape) < [[0.0], [0.0], [0.03], [0.1], [0.5], [0.97]]] = np.nan
        expected = (
            oracles.over_windows(values, window, 2, 2, np.median),
            oracles.over_windows(values, window, 2, 2, oracles.mad),
        )
        for found, twin in zip(trailing_median_mad(values, window, 2, 2), expected, strict=True):
            np.testing.assert_array_equal(found, twin)
        mean, std = trailing_mean_std(values, window, 2, 2)
        np.testing.assert_allclose(mean, oracles.over_windows(values, window, 2, 2, np.mean), rtol=1e-12)
        twin = oracles.over_windows(values, window, 2, 2, oracles.sample_std)
        np.testing.assert_allclose(std, twin, rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rows", [1, 12])
def test_values_are_divided_by_their_factors_and_put_after_the_past(dtype, n_rows):
    past, values = rows(1)[:, :9], rows(2).astype(dtype)
    factors = np.random.default_rng(3).uniform(0.5, 2.0, (n_rows, values.shape[1]))
    np.testing.assert_array_equal(deflated(past, values, factors), np.concatenate([past, values / factors], axis=1))


def test_one_huge_day_leaves_no_trace_once_it_has_left_the_window():
    values = np.tile([1.0, 2.0, 4.0], 30)[None, :]
    corrupt = values.copy()
    corrupt[0, 10] = 1e15
    for statistic in (trailing_mean_std, trailing_median_mad):
        for clean, after in zip(statistic(values, 14, 0, 2), statistic(corrupt, 14, 0, 2), strict=True):
            np.testing.assert_array_equal(clean[:, 11:], after[:, 11:])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("length", "least"), [(1, 1), (3, 2), (7, 4), (28, 14)])
def test_window_mean_ends_on_the_day_itself(seed, length, least):
    values = rows(seed)
    expected = oracles.over_windows(
        np.concatenate([values, np.zeros((12, 1))], axis=1), length, 0, least, np.mean
    )  # the twin's windows end on the day before: one day more puts the last on the last
    np.testing.assert_allclose(window_mean(values, length, 30, least), expected[:, -30:], rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_trailing_sums_are_those_of_pandas(seed):
    """pandas: rolling sums of values, of the factors of known values, and counts."""
    values, lengths, n_days = rows(seed), np.array([1, 3, 7, 28]), 30
    factors = np.random.default_rng(seed).uniform(0.5, 2, values.shape)
    found = trailing_sums(values, factors, lengths, n_days)
    for k, length in enumerate(lengths):
        known = (pd.DataFrame(part.T) for part in (values, np.where(np.isnan(values), np.nan, factors) / length))
        total, share = (frame.rolling(length, min_periods=0).sum().to_numpy().T[:, -n_days:] for frame in known)
        count = pd.DataFrame(values.T).rolling(length, min_periods=0).count().to_numpy().T[:, -n_days:]
        for part, expected in zip(found, (total, share, count), strict=True):
            np.testing.assert_allclose(part[k], expected, rtol=1e-12, atol=1e-9)  # pandas adds and takes away


@pytest.mark.parametrize("seed", range(4))
def test_cumulative_sum_restarts_at_zero_and_holds_on_missing_days(seed):
    rng = np.random.default_rng(seed)
    increments = rows(seed) - 2.0
    start = rng.gamma(1.0, 1.0, 12)
    sums, last = cumulative_sum(start, increments)
    twin_sums, twin_last = oracles.page_sums(start, increments)
    np.testing.assert_array_equal(sums, twin_sums)
    np.testing.assert_array_equal(last, twin_last)
    changed = np.minimum(-increments, 1.5) - 0.25
    np.testing.assert_array_equal(
        cumulative_sum(start, increments, -1.0, 1.5, 0.25)[0], oracles.page_sums(start, changed)[0]
    )
    halfway, state = cumulative_sum(start, increments[:, :20])
    rest, end = cumulative_sum(state, increments[:, 20:])
    np.testing.assert_array_equal(np.concatenate([halfway, rest], axis=1), sums)
    np.testing.assert_array_equal(end, last)


@pytest.mark.parametrize("seed", range(4))
def test_log_ratio_sums_add_up_all_beginnings_and_hold_on_missing_days(seed):
    rng = np.random.default_rng(seed)
    log_ratios = rows(seed) - rng.choice([0.5, 2.0, 60.0], (12, 1))
    start = np.where(rng.random(12) < 0.5, -np.inf, rng.normal(0, 20, 12))
    sums, last = log_ratio_sums(start, log_ratios)
    twin_sums, twin_last = oracles.log_ratio_sums(start, log_ratios)
    np.testing.assert_allclose(sums, twin_sums, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(last, twin_last, rtol=1e-12, atol=1e-12)
    halfway, state = log_ratio_sums(start, log_ratios[:, :20])
    rest, end = log_ratio_sums(state, log_ratios[:, 20:])
    np.testing.assert_array_equal(np.concatenate([halfway, rest], axis=1), sums)
    np.testing.assert_array_equal(end, last)


def test_log_ratio_is_the_difference_of_two_negative_binomial_log_likelihoods():
    rng = np.random.default_rng(5)
    mean = rng.gamma(1.0, 2.0, 500) + 0.01
    counts = rng.negative_binomial(0.4, 0.2, 500).astype(np.float64)
    for ratio, size in ((2.0, 0.36), (0.5, 0.36), (4.0, 5.0)):
        expected = oracles.nb_log_likelihood(counts, ratio * mean, size) - oracles.nb_log_likelihood(counts, mean, size)
        np.testing.assert_allclose(nb_log_ratio(counts, mean, ratio, size), expected, atol=1e-11)


@pytest.mark.parametrize("size", [0.05, 0.36, 2.0])
def test_size_is_the_best_on_a_grid(size):
    rng = np.random.default_rng(6)
    mean = rng.gamma(1.0, 2.0, 4000) + 0.01
    counts = rng.negative_binomial(size, size / (size + mean)).astype(np.float64)
    grid = size * np.geomspace(0.7, 1.4, 400)
    best = grid[np.argmax([oracles.nb_log_likelihood(counts, mean, r).sum() for r in grid])]
    assert nb_size(counts, mean) == pytest.approx(best, rel=0.002)  # the grid's step is 0.0017


def test_size_of_nothing_of_zeros_and_of_counts_without_spread():
    assert nb_size(np.zeros(0), np.zeros(0)) == 1.0
    assert 0.01 <= nb_size(np.zeros(50), np.zeros(50)) <= 1000
    assert nb_size(np.full(50, 3.0), np.full(50, 3.0)) > 900


def test_bits_are_scrambled_as_in_the_twin():
    counters = np.random.default_rng(7).integers(0, 2**64, 200, dtype=np.uint64)
    assert mixed_bits(counters).tolist() == [oracles.split_mix(int(c)) for c in counters]


@pytest.mark.parametrize("cost", MODEL)
@pytest.mark.parametrize("least", [1, 2, 7, 40])
@pytest.mark.parametrize("by_length", [0.0, 0.7])
def test_segmentation_is_the_best_of_all(cost, least, by_length):
    values = rows(8)
    begins, _, objective = segment(values, MODEL[cost], 0.4, 1.5, least, by_length)
    for i, row in enumerate(values):
        day = np.flatnonzero(~np.isnan(row))
        if not day.size:
            assert not begins[i].any()
            assert objective[i] == 0
            continue
        starts, best = oracles.best_segmentation(row[day], cost, 0.4, 1.5 * np.log(day.size), least, by_length)
        assert objective[i] == pytest.approx(best, rel=1e-9, abs=1e-7)
        found = np.flatnonzero(begins[i][day])
        if by_length:  # on flat rows it matters how long segments are, but not in which order
            assert sorted(np.diff([*found, day.size])) == sorted(np.diff([*starts, day.size]))
        else:
            assert found.tolist() == starts


@pytest.mark.parametrize(("cost", "seed"), [("normal", 34), ("poisson", 31), ("nb", 47)])
def test_long_histories_are_cut_best_though_few_candidates_are_costed_daily(cost, seed):
    """Levels that last for months and jump, so that one who was far from the best wins in the end."""
    rng = np.random.default_rng(seed)
    level = np.repeat(rng.gamma(1.0, 4.0, (4, 4)) + 0.1, 40, axis=1)
    values = rng.negative_binomial(2.0, 2.0 / (2.0 + level)).astype(np.float64)
    values[3] *= 10.0 ** rng.integers(0, 7, 4).repeat(40)
    for by_length in (0.0, 0.7):
        begins, _, objective = segment(values, MODEL[cost], 2.0, 3.0, 7, by_length)
        for i, row in enumerate(values):
            starts, best = oracles.best_segmentation(row, cost, 2.0, 3 * np.log(160), 7, by_length)
            assert objective[i] == pytest.approx(best, rel=1e-9, abs=1e-7)
            assert np.flatnonzero(begins[i]).tolist() == starts


@pytest.mark.parametrize("cost", MODEL)
def test_gain_is_the_log_likelihood_won_by_the_cut_and_signed_by_the_change(cost):
    rng = np.random.default_rng(9)
    values = rng.poisson(np.repeat([1.0, 9.0, 2.0], 30), (5, 90)).astype(np.float64)
    begins, gain, _ = segment(values, MODEL[cost], 5.0, 2.0, 7)
    for i, row in enumerate(values):
        starts = [*np.flatnonzero(begins[i]), 90]
        assert gain[i, starts[0]] == 0
        assert (gain[i][~begins[i]] == 0).all()
        for a, b, c in zip(starts, starts[1:], starts[2:], strict=False):
            parts = (row[a:c], row[a:b], row[b:c])
            whole, left, right = (oracles.segment_log_likelihood(part, cost, 5.0) for part in parts)
            sign = 1 if row[b:c].mean() > row[a:b].mean() else -1
            assert gain[i, b] == pytest.approx(sign * (left + right - whole), rel=1e-9)
    assert (np.sort(gain, axis=1)[:, -1] > 20).all()
    assert (np.sort(gain, axis=1)[:, 0] < -20).all()


def test_spread_of_differences():
    values = rows(10)
    expected = np.full(12, np.nan)
    for i, row in enumerate(values):
        seen = row[~np.isnan(row)]
        if len(seen) > 1:
            expected[i] = 1.4826 / 2**0.5 * np.median([abs(b - a) for a, b in itertools.pairwise(seen)])
    np.testing.assert_allclose(difference_spread(values), expected, rtol=1e-15)


@pytest.mark.parametrize("lag", [2, 14])
def test_autocorrelation_of_differences(lag):
    values = rows(12)
    values[10, 1::2] = np.nan  # no two consecutive days
    values[11] = np.resize(np.arange(lag), 60)  # those lag days apart are all alike
    expected = [oracles_changes.difference_autocorrelation(row, lag) for row in values]
    np.testing.assert_allclose(difference_autocorrelation(values, lag), expected, rtol=1e-12, atol=1e-14)
    assert np.isnan(expected).tolist() == [False] * 2 + [True] * 4 + [False] * 4 + [True] * 2


def test_depth_in_a_forest_is_that_of_a_walk_from_each_root():
    rng = np.random.default_rng(11)
    data = rng.gamma(0.5, 3.0, (700, 4)).astype(np.float32)
    data[rng.random(data.shape) < 0.4] = 0
    trees = [tree.tree_ for tree in IsolationForest(n_estimators=7, random_state=check_random_state(1)).fit(data)]
    cuts = np.concatenate([tree.threshold[tree.children_left >= 0] for tree in trees]).astype(np.float32)
    data = np.concatenate([data, rng.choice(cuts, (300, 4)), np.nextafter(rng.choice(cuts, (300, 4)), np.float32(9))])
    expected = [np.mean([oracles.isolated_at(row, tree) for tree in trees]) for row in data]
    np.testing.assert_allclose(mean_depth(data, *stacked(trees)), expected, rtol=1e-14)


def test_path_length_of_small_and_large_trees():
    sizes = np.array([1, 2, 3, 4, 256, 100_000])
    np.testing.assert_allclose(path_length(sizes), [oracles.mean_search_depth(int(n)) for n in sizes], rtol=1e-15)


def test_the_first_compilation_is_told_once():
    told = []
    when_compiling(lambda: told.append("compiling"))
    double = numba.njit(lambda x: 2 * x)
    assert told == []
    assert (double(2), double(2.5), double(3)) == (4, 5.0, 6)
    assert told == ["compiling"]


def test_spans_are_summed_as_by_hand():
    """Sums, counts, Pearson's dispersion, first and largest days of spans, each against NumPy on the same days."""
    rng = np.random.default_rng(4)
    values = rng.negative_binomial(0.5, 0.2, size=(30, 60)).astype(float)
    values[rng.random(values.shape) < 0.2] = np.nan
    values[:3, :40] = 0.0
    values[3:5, 10:50] = np.nan
    rows = rng.integers(0, 30, 200)
    since = rng.integers(-5, 20, 200)
    onset = np.maximum(since, 0) + rng.integers(0, 25, 200)
    end = np.minimum(onset + rng.integers(0, 15, 200), 59)
    found = two_levels(values, rows, since, onset, end)
    sums, counts = sums_and_counts(values, rows, np.maximum(since, 0), onset)
    first, largest = first_known(values, rows, onset), largest_days(values, rows, onset, end)
    for k, (i, a, s, e) in enumerate(zip(rows, np.maximum(since, 0), onset, end, strict=True)):
        parts = [part[~np.isnan(part)] for part in (values[i, a:s], values[i, s : e + 1])]
        np.testing.assert_allclose(found[k, :4], [x for part in parts for x in (part.sum(), part.size)])
        pearson = sum(((part - part.mean()) ** 2).sum() / part.mean() for part in parts if part.any())
        np.testing.assert_allclose(found[k, 4], max(1.0, pearson / max(1, sum(p.size for p in parts) - 2)))
        assert (sums[k], counts[k]) == (found[k, 0], found[k, 1])
        known = np.flatnonzero(~np.isnan(values[i, s:]))
        assert first[k] == s + (known[0] if known.size else 0)
        if parts[1].size:
            assert largest[k] == s + np.nanargmax(values[i, s : e + 1])
