"""A bank is the highest of its members on their scales, shares the alarms among them, and is what they are."""

import re

import numpy as np
import pytest

import viewshift as vs
from viewshift.alarms import find_intervals
from viewshift.baselines import UsualLevel
from viewshift.detectors import Bank, Claims, Constant, Cusum, Ears, Ewma, IsolationForest, Pelt, PredictiveTail, ZScore

MEMBERS = (PredictiveTail(baseline=UsualLevel(half_lives=(30.0,))), Cusum(), ZScore(direction="down"))


@pytest.fixture(scope="module")
def viewers():
    """Simulated viewers of whom a tenth of the days is unknown."""
    panel = vs.simulate.viewers(120, 400, seed=21)
    seen = np.random.default_rng(2).random(panel.observed.shape) > 0.1
    measures = {name: np.where(seen, values, np.nan) for name, values in panel.measures.items()}
    return vs.Panel(measures, accounts=panel.accounts, start=panel.start, observed=panel.observed & seen)


@pytest.fixture(scope="module")
def bank(viewers):
    return Bank(detectors=MEMBERS).fit(viewers)


def on_line(scores, knots):
    """NumPy's broken line, led on by its outer stretches."""
    slopes = np.diff(knots[1]) / np.diff(knots[0])
    below = slopes[0] * np.minimum(scores - knots[0, 0], 0)
    return np.interp(scores, *knots) + below + slopes[-1] * np.maximum(scores - knots[0, -1], 0)


def test_the_score_is_the_highest_of_the_members_on_their_scales(bank, viewers):
    others = vs.simulate.viewers(30, 300, seed=22)
    for panel in (viewers, others):
        scaled = []
        for member, knots in zip(MEMBERS, bank.knots_, strict=True):
            scores = type(member)(**member.get_params(deep=False)).fit(viewers).score(panel)
            scaled.append(np.where(np.isnan(scores), -np.inf, on_line(scores, knots)))
        highest = np.max(scaled, axis=0)
        np.testing.assert_allclose(bank.score(panel), np.where(np.isinf(highest), np.nan, highest), rtol=1e-9)
        assert np.unique(np.argmax(scaled, axis=0)).tolist() == [0, 1, 2]
        assert np.isnan(scaled).sum() == 0
        assert np.isinf(scaled[1][:, :28]).all()
        np.testing.assert_array_equal(np.isnan(bank.score(panel)), ~panel.observed)


def test_a_member_is_as_high_as_its_own_alarms_are_rare(bank, viewers):
    """At the knots exactly, over the accounts that were fitted on; each member has alarms from daily to the tenth."""
    for member, knots in zip(bank.detectors_, bank.knots_, strict=True):
        scores = member.score(viewers)
        years = np.count_nonzero(~np.isnan(scores)) / 365.25
        told = knots[:, np.exp(-knots[1]) * years > 9.5]
        rates = [len(find_intervals(scores, threshold).row) / years for threshold in told[0]]
        np.testing.assert_allclose(np.exp(-told[1]), rates, rtol=1e-12)
        assert len(rates) > 30


@pytest.mark.parametrize("shares", [(), (0.8, 0.1, 0.1), (0.1, 0.2, 0.7)])
def test_each_member_raises_its_share_of_the_alarms(viewers, shares):
    """Alone, at the bank's threshold; between knots a tenth off at most, and the bank no more than all together."""
    bank = Bank(detectors=MEMBERS, shares=shares).fit(viewers)
    years = np.count_nonzero(viewers.observed) / 365.25
    for height in -np.log([4.0, 2.0, 1.0]):
        for member, knots, share in zip(bank.detectors_, bank.knots_, shares or (1, 1, 1), strict=True):
            scores = member.score(viewers)
            alarms = len(find_intervals(on_line(scores, knots), height).row)
            expected = share * np.exp(-height) * np.count_nonzero(~np.isnan(scores)) / 365.25
            assert alarms == pytest.approx(expected, rel=0.1) or expected < 20
        together = len(find_intervals(bank.score(viewers), height).row) / years
        assert together < 1.1 * np.exp(-height) * sum(shares or (1, 1, 1))


def test_only_ratios_of_shares_matter(viewers):
    few, many = (
        Bank(detectors=MEMBERS, shares=shares).fit(viewers) for shares in ((1.0, 2.0, 3.0), (10.0, 20.0, 30.0))
    )
    np.testing.assert_allclose(many.score(viewers), few.score(viewers) + np.log(10), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("member", [*MEMBERS, Ewma(direction="both")], ids=str)
def test_a_bank_of_one_ranks_days_as_its_member_does(member, viewers):
    scores = Bank(detectors=(member,)).fit(viewers).detectors_[0].score(viewers)
    scaled = Bank(detectors=(member,)).fit(viewers).score(viewers)
    np.testing.assert_array_equal(np.isnan(scaled), np.isnan(scores))
    known = ~np.isnan(scores)
    order = np.argsort(scores[known], kind="stable")
    steps, rises = np.diff(scores[known][order]), np.diff(scaled[known][order])
    assert (rises >= 0).all()
    assert (rises[steps > 1e-9] > 0).all()
    assert (rises[steps == 0] == 0).all()


def test_of_an_account_without_history_the_members_that_know_it_speak(viewers):
    scores = Bank(detectors=(ZScore(), Ears())).fit(viewers).score(vs.simulate.viewers(5, 60, seed=1))
    assert np.isnan(scores[:, :6]).all()
    assert np.isfinite(scores[:, 9:]).all()
    alone = Bank(detectors=(Ears(),)).fit(viewers).score(vs.simulate.viewers(5, 60, seed=1))
    np.testing.assert_array_equal(scores[:, :28], alone[:, :28])


def test_a_member_without_scores_of_the_fitted_accounts_keeps_its_own_scale(viewers):
    short = viewers.between(until=viewers.days[20])
    bank = Bank(detectors=(ZScore(), Constant())).fit(short)
    np.testing.assert_array_equal(bank.knots_[0, :, :2], [[0, 1], [0, 1]])
    assert np.isfinite(bank.score(vs.simulate.viewers(5, 60, seed=1))).all()


def test_a_bank_claims_what_all_its_members_claim():
    forest = IsolationForest(shares=True)
    minutes = Cusum(measure="minutes")
    all_four = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    assert Bank().claims == Bank(detectors=MEMBERS).claims == all_four
    bank = Bank(detectors=(minutes, forest))
    assert bank.claims == Claims(causal=True, per_account=True, monotone=False, streaming=True)
    assert bank.claims == Bank(detectors=(forest, minutes)).claims == Bank(detectors=(bank, ZScore())).claims
    assert bank.measure == "minutes"
    assert bank.measures == ("minutes", "episodes", "night_minutes", "top_show_episodes")
    assert not Bank(detectors=(ZScore(), Ears())).cumulative
    assert Bank(detectors=(ZScore(), minutes)).cumulative


@pytest.mark.parametrize(
    ("directions", "direction"), [(("up", "up"), "up"), (("down", "down"), "down"), (("up", "down"), "both")]
)
def test_members_of_one_direction_make_a_bank_of_that_direction(directions, direction):
    assert Bank(detectors=tuple(ZScore(direction=one) for one in directions)).direction == direction


@pytest.mark.parametrize("other", [Pelt(), ZScore, "ZScore", UsualLevel()], ids=str)
def test_what_does_not_score_day_by_day_is_refused(other, viewers):
    sentence = f"`detectors` must all score day by day, as vs.detectors.Cusum() does, got {other!r}."
    with pytest.raises(TypeError, match=re.escape(sentence)):
        Bank(detectors=(ZScore(), other)).fit(viewers)


def test_what_is_scored_must_be_a_panel_as_for_any_detector(bank, viewers):
    with pytest.raises(TypeError, match="`panel` must be a Panel, got DataFrame"):
        bank.score(viewers.to_frame())


def test_a_member_that_lacks_its_measure_is_named(viewers):
    episodes = vs.Panel({"episodes": viewers["episodes"]}, accounts=viewers.accounts, start=viewers.start)
    with pytest.raises(ValueError, match="Cusum needs the measure 'minutes'; the panel has 'episodes'"):
        Bank(detectors=(ZScore(), Cusum(measure="minutes"))).fit(episodes)


def test_a_bank_within_a_bank_is_saved_with_what_its_members_learned(viewers, tmp_path):
    inner = Bank(detectors=(Cusum(baseline=UsualLevel(half_lives=(30.0,))), ZScore()))
    rule = vs.AlarmRule(Bank(detectors=(inner, Cusum())), per_account_year=2.0, n_folds=2).fit(viewers)
    learned = rule.detector_.learned()
    assert {"knots_", "detectors_.0.knots_", "detectors_.0.detectors_.0.baseline_.fitted_"} <= learned.keys()
    assert {"detectors_.0.detectors_.1.floor_", "detectors_.1.weekday_"} <= learned.keys()
    rule.save(tmp_path / "rule.vs")
    again = vs.load_rule(tmp_path / "rule.vs")
    np.testing.assert_array_equal(again.surprise(viewers), rule.surprise(viewers))
    assert [type(one) for one in again.detector_.detectors_] == [Bank, Cusum]
    monitor = rule.monitor(viewers.between(until=viewers.days[300]))
    monitor.save(tmp_path / "monitor.vs")
    monitor = vs.load_monitor(tmp_path / "monitor.vs")
    for day in viewers.days[301:320]:
        monitor.update(viewers.between(day, day))
    np.testing.assert_array_equal(monitor.surprise, rule.surprise(viewers)[:, 319])
