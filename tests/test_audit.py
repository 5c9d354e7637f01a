"""The audit against counting by hand, and what a dial promises besides the rate."""

import numpy as np
import pandas as pd
import pytest

import viewshift as vs
from viewshift.alarms import find_intervals
from viewshift.audit import audit_of
from viewshift.budget import PROMISED, observed_rate, promised
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
    shares = [
        np.mean([a for a, s in zip(ACTIVE[i], SURPRISE[i], strict=True) if not np.isnan(s)] or [np.nan])
        for i in range(40)
    ]
    cuts = np.nanquantile(shares, [1 / 3, 2 / 3])
    opened = set(zip(*find_intervals(SURPRISE, 2.2)[:2], strict=True))
    days = alarms = rare = rarer = 0
    for i, path in enumerate(SURPRISE):
        behind = 0
        for t, s in enumerate(path):
            if np.isnan(s):
                continue
            inside = {
                "all": True,
                "least active third": shares[i] <= cuts[0],
                "most active third": shares[i] > cuts[1],
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


def test_the_overall_interval_is_that_of_the_observed_rate():
    for groups in (None, HOUSEHOLD):
        first = audited(groups=groups).table.iloc[0]
        rate = observed_rate(SURPRISE, 2.2, 7, groups)
        np.testing.assert_allclose(first[["observed", "low", "high"]].astype(float) * [1, 4, 4], rate, rtol=1e-12)


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
    rate = observed_rate(rule.surprise(panel), rule.threshold_, rule.quiet, np.arange(100) // 4)
    np.testing.assert_allclose([first["observed"], first["low"], first["high"]], rate, rtol=1e-12)
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


def test_the_promise_of_a_dial(rule):
    kept = rule.promise()
    assert kept["threshold"] == rule.threshold_
    assert kept["per_account_year"] == pytest.approx(1.0)
    assert kept["low"] < 1.0 < kept["high"]
    assert kept["account_10"] <= kept["account_50"] <= kept["account_90"]
    assert kept["days_in_alarm"] >= 0.9
    assert rule.at(0.3).promise()["days_in_alarm"] < kept["days_in_alarm"]
