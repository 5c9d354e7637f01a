"""The audit against counting by hand, and what a dial promises besides the rate."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.rates import confint_poisson

import viewshift as vs
from viewshift.alarms import find_intervals
from viewshift.audit import audit_of
from viewshift.budget import PROMISED, observed_rate, promised, rate_curve
from viewshift.metrics.bootstrap import account_weights, replicated_sums
from viewshift.metrics.events import DAYS_PER_YEAR

RNG = np.random.default_rng(1)
SURPRISE = np.where(RNG.random((40, 500)) < 0.05, np.nan, -np.log10(RNG.random((40, 500))))
SURPRISE[:6, 60:] = np.nan
SURPRISE[6] = np.nan
ACTIVE = RNG.random(SURPRISE.shape) < np.linspace(0.1, 0.9, 40)[:, None]
HOUSEHOLD = np.arange(40) // 2


def audited(surprise=SURPRISE, groups=None, dial=4.0):
    return audit_of(surprise, ACTIVE, threshold=2.2, per_account_year=dial, quiet=7, groups=groups)


def by_hand(cell):
    """Ratio of alarms, and of days with p at most 1e-2 and 1e-3, from loops over account-days."""
    weeks = np.arange(500) // 7 % 2
    shares, cuts = {}, {}
    for half in (0, 1):
        sorting = [(ACTIVE[i, t], SURPRISE[i, t]) for i in range(40) for t in range(500)]
        sorting = [[sorting[500 * i + t] for t in range(500) if weeks[t] != half] for i in range(40)]
        shares[half] = [np.mean([a for a, s in days if not np.isnan(s)] or [np.nan]) for days in sorting]
        cuts[half] = np.nanquantile(shares[half], [1 / 3, 2 / 3])
    opened = set(zip(*find_intervals(SURPRISE, 2.2)[:2], strict=True))
    days = alarms = rare = rarer = 0
    for i, path in enumerate(SURPRISE):
        behind = 0
        for t, s in enumerate(path):
            if np.isnan(s):
                continue
            inside = {
                "all": True,
                "least active third": shares[weeks[t]][i] <= cuts[weeks[t]][0],
                "most active third": shares[weeks[t]][i] > cuts[weeks[t]][1],
                "first 28 days": behind < 28,
                "days 91-365": 90 <= behind < 365,
            }[cell]
            behind += 1
            if inside:
                days, alarms, rare, rarer = days + 1, alarms + ((i, t) in opened), rare + (s >= 2), rarer + (s >= 3)
    return [alarms / (4.0 * days / DAYS_PER_YEAR), rare / (0.01 * days), rarer / (0.001 * days)]


@pytest.mark.parametrize("cell", ["all", "least active third", "most active third", "first 28 days", "days 91-365"])
def test_every_cell_is_counted_as_by_hand(cell):
    rows = audited().table.query("cell == @cell")
    np.testing.assert_allclose(rows["ratio"], by_hand(cell), rtol=1e-12)
    np.testing.assert_allclose(rows["observed"], rows["ratio"] * [4.0, 1e-2, 1e-3], rtol=1e-12)
    assert (rows["low"] <= rows["ratio"]).all()
    assert (rows["ratio"] <= rows["high"]).all()


def test_the_overall_interval_is_the_wider_of_bootstrap_and_exact_poisson():
    """Garwood's interval as statsmodels has it; its bounds and those of the bootstrap, each where it is wider."""
    rate, low, high = observed_rate(SURPRISE, 2.2, 7, HOUSEHOLD)
    years = np.count_nonzero(~np.isnan(SURPRISE)) / DAYS_PER_YEAR
    exact = confint_poisson(len(find_intervals(SURPRISE, 2.2)[0]), years, method="exact-c")
    first = audited(groups=HOUSEHOLD).table.iloc[0]
    expected = [rate, min(low, exact[0]), max(high, exact[1])]
    np.testing.assert_allclose(first[["observed", "low", "high"]].astype(float) * [1, 4, 4], expected, rtol=1e-12)


@pytest.mark.parametrize(("n_accounts", "n_days"), [(1, 2_000), (1, 100), (20, 365), (100, 365)])
def test_the_interval_covers_whatever_the_number_of_accounts(n_accounts, n_days):
    """Independent days at 2.25 alarms a year and exactly right p-values: .95 is nominal, at least .9 must cover.

    Alarms and days with p at most 1e-3; 200 panels: with true coverage .95 below .9 in one of 500.
    """
    rng, covered, wrong = np.random.default_rng(n_accounts + n_days), [], 0
    for _ in range(200):
        surprise = -np.log10(rng.random((n_accounts, n_days)))
        dial = DAYS_PER_YEAR * 10**-2.2 * (1 - 10**-2.2) ** 7
        kept = audit_of(surprise, surprise > 1, threshold=2.2, per_account_year=dial, quiet=7)
        rows = kept.table.query("by == 'overall'").set_index("promise")
        covered.append((rows["low"] <= 1) & (rows["high"] >= 1))
        wrong += "than promised" in kept.sentence
    covered = np.mean(covered, axis=0)
    assert (covered >= 0.9).all(), covered
    assert wrong <= 20


def test_no_alarm_where_hardly_one_was_expected_is_too_little_to_tell():
    calm = np.full((1, 200), 0.5)
    audit = audit_of(calm, calm > 0, threshold=2.2, per_account_year=1.0, quiet=7)
    assert audit.sentence.endswith("too little to tell; judge more accounts, or longer.")
    first = audit.table.iloc[0]
    assert first["low"] == first["ratio"] == 0
    assert first["high"] == pytest.approx(3.6889 / (200 / DAYS_PER_YEAR), rel=1e-4)
    long = np.full((20, 400), 0.5)
    assert "fewer than promised" in audit_of(long, long > 0, threshold=2.2, per_account_year=1.0, quiet=7).sentence


def test_identical_accounts_keep_the_promise_in_each_third():
    """30 days of 3,000 alike accounts, rare days among the active ones: each third within 4 standard errors (.12)."""
    rng = np.random.default_rng(20)
    surprise = -np.log10(rng.random((3_000, 30)))
    rows = audit_of(surprise, surprise > 0.5, threshold=2.2, per_account_year=2.25, quiet=7).table
    ratio = rows.query("by == 'activity' and promise == 'days with p <= 1e-2'")["ratio"]
    assert (abs(ratio - 1) < 0.14).all(), ratio


def test_households_are_drawn_together():
    """Two accounts alike in each group: the interval is as wide as with half the accounts."""
    twice = np.repeat(SURPRISE[:20], 2, axis=0)
    alone, together = observed_rate(twice, 2.2, 7), observed_rate(twice, 2.2, 7, HOUSEHOLD)
    assert together == pytest.approx(observed_rate(SURPRISE[:20], 2.2, 7))
    assert together[2] - together[1] > 1.2 * (alone[2] - alone[1])


def test_the_sentence_says_whether_the_promise_holds():
    rate = audited().table["observed"][0]
    assert "the promise holds here" in audited(dial=rate).sentence
    assert "more than promised; fit a rule on accounts such as these" in audited(dial=rate / 3).sentence
    assert "fewer than promised" in audited(dial=3 * rate).sentence
    nothing = audited(np.full(SURPRISE.shape, np.nan))
    assert nothing.sentence.startswith("No account-day has a surprise")
    assert nothing.table[["observed", "ratio", "low", "high"]].isna().all(axis=None)


def test_an_empty_cell_is_nan_and_not_zero():
    short = np.where(np.arange(500) < 60, SURPRISE, np.nan)
    later = audited(short).table.query("cell == 'later'")
    assert later[["observed", "ratio", "low", "high"]].isna().all(axis=None)
    assert (later["days"] == 0).all()


def test_it_reads_well_as_text_and_in_a_notebook():
    audit = audited()
    for text in (repr(audit), audit._repr_html_()):
        assert audit.sentence in text
        assert "most active third" in text
        assert "days with p" in text


@pytest.fixture(scope="module")
def rule():
    household = np.arange(300) // 2
    return vs.AlarmRule(vs.detectors.RobustZ(), per_account_year=1.0).fit(
        vs.simulate.viewers(300, 400, seed=11), household
    )


def test_a_rule_audits_its_own_surprise(rule):
    panel = vs.simulate.viewers(100, 400, seed=12)
    first = rule.audit(panel, groups=np.arange(100) // 4).table.iloc[0]
    rate, low, high = observed_rate(rule.surprise(panel), rule.threshold_, rule.quiet, np.arange(100) // 4)
    assert first["observed"] == pytest.approx(rate)
    assert first["low"] <= low < high <= first["high"]
    with pytest.raises(ValueError, match="`groups` must label each of the 100 accounts"):
        rule.audit(panel, groups=[1, 2])


def test_the_figure_shows_every_cell_of_which_something_is_known(rule):
    ax = vs.plots.audit(rule.audit(vs.simulate.viewers(50, 200, seed=13)))
    assert [text.get_text() for text in ax.get_yticklabels()][-1] == "later"
    drawn = {line.get_label(): len(line.get_xdata()) for line in ax.get_lines() if len(line.get_xdata()) > 2}
    assert set(drawn) == {"alarms per account-year", "days with p <= 1e-2", "days with p <= 1e-3"}
    assert max(drawn.values()) == 7
    assert vs.plots.audit(audited(np.full(SURPRISE.shape, np.nan)), ax) is ax


def test_what_is_promised_besides_the_rate_is_counted_as_by_hand():
    table = pd.DataFrame(promised(SURPRISE, np.array([1.0, 2.2]), 7, 28), index=PROMISED)
    row, opened, last = find_intervals(SURPRISE, 2.2)
    days = np.count_nonzero(~np.isnan(SURPRISE), axis=1)
    own = np.array([DAYS_PER_YEAR * np.sum(row == i) / days[i] for i in range(40) if days[i]])
    rate = DAYS_PER_YEAR * len(row) / days.sum()
    up = DAYS_PER_YEAR * sum(min(b - a + 1, 28) for a, b in zip(opened, last, strict=True)) / days.sum()
    expected = [*observed_rate(SURPRISE, 2.2, 7)[1:], up, *np.quantile(own, [0.1, 0.5, 0.9]), np.mean(own > 2 * rate)]
    np.testing.assert_allclose(table[1], expected, rtol=1e-12)


def test_the_promised_interval_holds_its_own_rate_where_scores_tie():
    """Surprise on steps of a quarter; the rate at the threshold is counted, and so is the interval."""
    paths = np.floor(4 * -np.log10(np.random.default_rng(21).random((300, 400)))) / 4
    tied = vs.AlarmRule(vs.detectors.ZScore())
    tied.curve_ = rate_curve(paths, 7)
    tied.promised_ = np.vstack([tied.curve_[0], promised(paths, tied.curve_[0], 7, 28)])
    for dial in (5.0, 1.5, 1.0, 0.5):
        kept = tied.at(dial).promise()
        counted = observed_rate(paths, kept["threshold"], 7)
        assert [kept["per_account_year"], kept["low"], kept["high"]] == pytest.approx(counted)
        assert kept["low"] <= kept["per_account_year"] <= kept["high"]


def test_the_bootstrap_in_blocks_is_the_one_of_all_weights(monkeypatch):
    monkeypatch.setattr("viewshift.metrics.bootstrap.BLOCK", 700)
    amounts = np.random.default_rng(22).integers(0, 9, (101, 4)).astype(float)
    weights = account_weights(101, 50, seed=3)
    np.testing.assert_array_equal(replicated_sums(amounts, 50, seed=3), weights @ amounts)


def test_the_promise_of_a_dial(rule):
    kept = rule.promise()
    assert kept["threshold"] == rule.threshold_
    assert kept["per_account_year"] == pytest.approx(1.0)
    assert kept["low"] < 1.0 < kept["high"]
    assert kept["account_10"] <= kept["account_50"] <= kept["account_90"]
    assert kept["days_in_alarm"] >= 0.9
    assert rule.at(0.3).promise()["days_in_alarm"] < kept["days_in_alarm"]
