"""WindowSums is what its definition says: features in words, tails and likelihoods by scipy."""

import numpy as np
import pytest
from scipy import optimize, stats

import oracles_baselines as oracles
import viewshift as vs
from strategies import many, to_panel
from viewshift.baselines._personal import PRIOR_DAYS
from viewshift.detectors import WindowSums
from viewshift.detectors.window_sums import _in_part

HALF_LIVES = (10.0, 60.0)


def viewing(n_accounts, n_days, *, seed, missing=0.1, exposed=True):
    """Return accounts of some viewing with lost days, days on which everybody watched more or less, and a late one."""
    rng = np.random.default_rng(seed)
    episodes = many("realistic", n_accounts, n_days, seed=seed)
    episodes[rng.random(episodes.shape) < missing] = np.nan
    episodes[0, : n_days // 3] = np.nan
    panel = to_panel(episodes, seed=seed)
    exposure = np.tile(rng.choice([0.5, 1.0, 1.0, 1.5], n_days), (n_accounts, 1)) if exposed else None
    return vs.Panel(
        panel.measures, accounts=panel.accounts, start=panel.start, observed=panel.observed, exposure=exposure
    )


def windows_by_hand(panel, length, prior):
    """Yield account, last day, features known before the window, and its days' values and exposures."""
    exposure = np.ones(panel.observed.shape) if panel.exposure is None else panel.exposure
    values = np.where(panel.observed, panel["episodes"], np.nan)
    for i, t in np.ndindex(*values.shape):
        first = t - length + 1
        if first < 0 or not panel.observed[i, t] or not panel.observed[i, : first + 1].any():
            continue
        past, factors = values[i, :first], exposure[i, :first]
        features = oracles.personal_features(
            past / np.maximum(factors, 1),
            np.minimum(factors, 1),
            panel.weekday[:first],
            panel.weekday[first],
            HALF_LIVES,
            prior,
            PRIOR_DAYS,
            guard=0,
        )
        yield i, t, features, values[i, first : t + 1], exposure[i, first : t + 1]


def tail_by_hand(total, share, features, coef, log_sizes, direction):
    """Return -log10 of the tail of a whole sum, by scipy's negative binomial."""
    active = 1 / (1 + np.exp(-coef[0] @ features))
    mean, size = np.exp(coef[1] @ features), np.exp(np.clip(coef[2] @ features, *log_sizes))
    usual, part = (stats.nbinom(size, size / (size + m)) for m in (mean, share * mean))
    ratio = active / usual.sf(0)
    active = min(1 / (1 + np.exp(-20)), ratio * part.sf(0))
    up = 1.0 if total == 0 else active * part.sf(total - 1) / part.sf(0)
    down = 1 - active * part.sf(total) / part.sf(0)
    return -np.log10({"up": up, "down": down, "both": min(up, down)}[direction])


@pytest.mark.parametrize("direction", ["up", "down", "both"])
def test_score_is_that_of_its_definition(direction):
    """The reference scores itself: few enough days that every tail's share is kept, so that p is a count."""
    panel, windows = viewing(6, 55, seed=1, missing=0.35), (1, 3, 7)
    model = WindowSums(windows=windows, half_lives=HALF_LIVES, direction=direction).fit(panel)
    expected = np.full((3, *panel.observed.shape), np.nan)
    for k, length in enumerate(windows):
        for i, t, features, values, exposure in windows_by_hand(panel, length, model.prior_):
            known = ~np.isnan(values)
            if 2 * known.sum() >= length:
                expected[k, i, t] = tail_by_hand(
                    values[known].sum(),
                    exposure[known].sum() / length,
                    features,
                    model.coef_[k],
                    model.log_sizes_[k],
                    direction,
                )
    tails = model.tails(panel)
    assert 100 < np.isfinite(expected[2]).sum() < np.isfinite(expected[1]).sum() < panel.observed.sum() < 256
    np.testing.assert_allclose(tails, expected, rtol=1e-8, atol=1e-12)
    surprise = []
    for tail in tails:
        reference = tail[~np.isnan(tail)]
        share = [(1 + np.count_nonzero(reference >= one)) / (1 + reference.size) for one in reference]
        surprise.append(np.full(tail.shape, np.nan))
        surprise[-1][~np.isnan(tail)] = -np.log10(share)
    np.testing.assert_allclose(model.score(panel), np.fmax.reduce(surprise), rtol=1e-12)
    winner = np.nanargmax(np.where(np.isnan(surprise), -1, surprise), axis=0)[panel.observed]
    assert set(winner) == {0, 1, 2}, "each length is the rarest somewhere"


def test_beyond_the_reference_the_score_rises_as_the_tail():
    panel = viewing(5, 50, seed=2, exposed=False)
    model = WindowSums(windows=(1, 7), half_lives=HALF_LIVES).fit(panel)
    huge = panel.with_measures(
        {"episodes": np.where(panel.observed, panel["episodes"], 0) + 1000 * (np.arange(50) > 47)}
    )
    tails, scores = model.tails(huge)[:, :, -1], model.score(huge)[:, -1]
    largest, log10_p = (np.split(part, model.first_) for part in (model.knots_, model.log10_p_))
    beyond = tails - np.array([[knots[-1]] for knots in largest])
    expected = np.max(beyond - np.array([[logs[-1]] for logs in log10_p]), axis=0)
    beyond = (beyond > 0).all(axis=0)
    assert beyond.any()
    np.testing.assert_allclose(scores[beyond], expected[beyond], rtol=1e-12)


def gain(log_likelihood, designs, coefs):
    """Return by how much a search that begins at the coefficients raises the penalised log-likelihood per row.

    The penalty is on half the squared coefficients in units of their features' standard deviations, and a thousandth of
    that on what is predicted where all features are at their means.
    """
    standard, start = [], []
    for design, coef in zip(designs, coefs, strict=True):
        centre, spread = design[:, 1:].mean(axis=0), design[:, 1:].std(axis=0)
        spread = np.where(spread > 1e-9, spread, 1)
        standard.append(np.column_stack([np.ones(len(design)), (design[:, 1:] - centre) / spread]))
        start.append(np.append(coef[0] + coef[1:] @ centre, coef[1:] * spread))
    weights = np.tile(np.append(1e-3, np.ones(designs[0].shape[1] - 1)), len(designs))

    def loss(flat):
        etas = [z @ beta for z, beta in zip(standard, np.split(flat, len(designs)), strict=True)]
        return (0.5 * weights @ flat**2 - log_likelihood(*etas).sum()) / len(designs[0])

    start = np.concatenate(start)
    return loss(start) - optimize.minimize(loss, start, method="BFGS", options={"gtol": 1e-9}).fun


@pytest.mark.parametrize(("length", "step"), [(1, 1), (7, 2)])
def test_regressions_are_the_most_likely(monkeypatch, length, step):
    """Likelihoods of scipy's distributions: no search from the fitted coefficients gains 1e-8 a window."""
    panel = viewing(30, 110, seed=3, exposed=False)
    monkeypatch.setattr("viewshift.detectors.window_sums._ROWS", panel.observed.sum() // step + 1)
    model = WindowSums(windows=(1, 3, 7), half_lives=HALF_LIVES).fit(panel)
    k = model.windows.index(length)
    whole = [
        (features, values.sum())
        for i, t, features, values, _ in windows_by_hand(panel, length, model.prior_)
        if not np.isnan(values).any() and (i + t - length + 1) % step == 0
    ]
    rows, totals = np.array([features for features, _ in whole]), np.array([total for _, total in whole])
    positive = totals > 0
    assert positive.sum() > 400

    def logit(odds):
        return stats.bernoulli.logpmf(positive, 1 / (1 + np.exp(-odds)))

    def truncated(log_mean, log_size):
        mean, size = np.exp(log_mean), np.exp(np.clip(log_size, np.log(0.01), np.log(1000)))
        nb = stats.nbinom(size, size / (size + mean))
        return nb.logpmf(totals[positive]) - nb.logsf(0)

    assert gain(logit, [rows], model.coef_[k, :1]) < 1e-8
    assert gain(truncated, [rows[positive]] * 2, model.coef_[k, 1:]) < 1e-8
    log_sizes = np.quantile(rows[positive] @ model.coef_[k, 2], (0.001, 0.999))
    np.testing.assert_allclose(model.log_sizes_[k], np.clip(log_sizes, np.log(0.01), np.log(1000)), rtol=1e-9)


def test_a_reference_that_watched_twice_as_much_under_an_exposure_of_two_is_the_same():
    once = viewing(20, 100, seed=6, exposed=False)
    twice = vs.Panel(
        {"episodes": 2 * once["episodes"]},
        accounts=once.accounts,
        start=once.start,
        observed=once.observed,
        exposure=np.full(once.observed.shape, 2.0),
    )
    plain, doubled = (WindowSums(windows=(1, 7), half_lives=HALF_LIVES).fit(panel) for panel in (once, twice))
    np.testing.assert_array_equal(doubled.coef_, plain.coef_)
    np.testing.assert_array_equal(doubled.log_sizes_, plain.log_sizes_)


def test_one_corrupt_cell_of_the_reference_is_as_if_not_observed():
    values = viewing(20, 100, seed=7, exposed=False)["episodes"].copy()
    values[3, 60] = 1e9
    corrupt = to_panel(values, seed=7)
    values[3, 60] = np.nan
    found, expected = (
        WindowSums(windows=(1, 7), half_lives=HALF_LIVES).fit(p) for p in (corrupt, to_panel(values, seed=7))
    )
    np.testing.assert_array_equal(found.coef_, expected.coef_)
    np.testing.assert_array_equal(found.knots_, expected.knots_)


def test_an_account_that_begins_later_scores_as_if_the_panel_began_there():
    panel = viewing(4, 80, seed=4)
    model = WindowSums(windows=(1, 7, 28), half_lives=HALF_LIVES).fit(panel)
    first = int(np.flatnonzero(panel.observed[0])[0])
    scores = model.score(panel.between(since=panel.days[first]))
    np.testing.assert_array_equal(scores[0], model.score(panel)[0, first:])
    assert np.isfinite(scores[0, 0])


@pytest.mark.parametrize("share", [0.5, 1.0, 3.0])
def test_expected_sum_is_as_large_as_the_share_of_usual_viewing(share):
    rng = np.random.default_rng(5)
    size = rng.uniform(0.2, 5, 50)
    begun = np.stack([rng.uniform(0.05, 0.3, 50), rng.uniform(0.5, 20, 50), size], axis=1)
    usual, found = (_in_part(begun, np.full(50, f)) for f in (1.0, share))
    np.testing.assert_allclose(usual.active, begun[:, 0], rtol=1e-12)
    np.testing.assert_allclose(found.mean, share * usual.mean, rtol=1e-12)
    assert ((found.active > usual.active) == (share > 1)).all()
