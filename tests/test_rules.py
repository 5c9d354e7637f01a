"""The alarm rule: out of fold, one dial, saved whole."""

import itertools
import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

import viewshift as vs
from cases import CASES
from oracles_alarms import own_rates
from viewshift.archives import described, made
from viewshift.cli.findings import how_rare
from viewshift.metrics.events import DAYS_PER_YEAR

STREAMING = [case for case in CASES if case.detector.claims.streaming]


@pytest.fixture(scope="module")
def reference():
    return vs.simulate.viewers(300, 400, seed=11)


@pytest.fixture(scope="module")
def rule(reference):
    return vs.AlarmRule(vs.detectors.RobustZ(), per_account_year=1.0).fit(reference)


@pytest.fixture(scope="module")
def panel():
    return vs.simulate.viewers(200, 400, seed=12)


def test_alarms_are_rarer_the_lower_the_dial(rule, panel):
    counts = [len(rule.at(dial).alarms(panel)) for dial in (4, 2, 1, 0.5, 0.25)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] > 0


def test_the_reference_itself_raises_about_the_dial(rule, reference):
    """Refitted on all, the rule sees its own reference: the rate stays within a fifth of the out-of-fold one."""
    years = np.count_nonzero(~np.isnan(rule.surprise(reference))) / DAYS_PER_YEAR
    assert len(rule.alarms(reference)) / years == pytest.approx(1.0, rel=0.2)


def test_less_than_is_said_from_the_end_of_the_rate_curve_on(rule):
    end = rule.curve_[0, -1]
    for surprise, rarer in ((end - 0.01, False), (end, True), (end + 2, True)):
        for beyond in (True, False):
            said = how_rare({"surprise": surprise, "extrapolated": beyond}, rule)
            assert said.startswith("less than once in" if rarer else "once in")


def test_at_leaves_the_rule_as_it_was(rule):
    threshold = rule.threshold_
    assert rule.at(0.2).threshold_ > threshold
    assert rule.threshold_ == threshold


def test_scores_for_the_calibration_are_out_of_fold(reference):
    """A detector that knows the accounts it was fitted on gives itself away: its own would score 0, others 1."""

    class Spy(vs.detectors.Detector):
        claims = vs.detectors.Claims(causal=True, per_account=True, monotone=False, streaming=False)
        measure = "episodes"

        def _fit(self, panel):
            self.known_ = set(panel.accounts.tolist())

        def _score(self, panel):
            new = np.array([name not in self.known_ for name in panel.accounts.tolist()], dtype=float)
            return np.where(panel.observed, new[:, None], np.nan)

    rule = vs.AlarmRule(Spy()).fit(reference)
    assert set(rule.calibration_.knots.tolist()) == {1.0}


def test_a_group_is_never_split_between_folds(reference):
    seen = []

    class Spy(vs.detectors.Detector):
        claims = vs.detectors.Claims(causal=True, per_account=True, monotone=False, streaming=False)
        measure = "episodes"

        def _fit(self, panel):
            seen.append(set(panel.accounts.tolist()))

        def _score(self, panel):
            return np.where(panel.observed, 0.5, np.nan)

    household = np.arange(300) // 3
    vs.AlarmRule(Spy()).fit(reference, groups=household)
    folds = [accounts for accounts in seen if len(accounts) < 300]
    assert len(folds) == 5
    for accounts in folds:
        inside = np.isin(reference.accounts, list(accounts))
        assert all(inside[household == h].all() or not inside[household == h].any() for h in range(100))


@pytest.fixture(scope="module")
def small():
    return vs.simulate.viewers(60, 300, seed=13)


@pytest.fixture(scope="module")
def fitted(small):
    rules = {}

    def fit(case):
        if case.name not in rules:
            rules[case.name] = vs.AlarmRule(case.detector, per_account_year=0.5, n_folds=2).fit(small)
        return rules[case.name]

    return fit


def with_gaps(panel, seed):
    """Take out a tenth of the days and the first days of most accounts."""
    rng = np.random.default_rng(seed)
    observed = rng.random(panel.observed.shape) > 0.1
    observed &= np.arange(panel.n_days) >= rng.integers(0, 120, panel.n_accounts)[:, None]
    measures = {name: np.where(observed, values, np.nan) for name, values in panel.measures.items()}
    widening = np.where(rng.random(observed.shape) < 0.05, 1.5, 1.0)
    return vs.Panel(measures, accounts=panel.accounts, start=panel.start, widening=widening)


def days(panel, first, end):
    return panel.between(panel.days[first], panel.days[end - 1])


@pytest.mark.parametrize("case", STREAMING, ids=repr)
def test_days_handed_over_in_parts_give_the_same_bits(case, fitted, panel):
    rule, panel = fitted(case), with_gaps(panel.take(slice(40)), 1)
    rng = np.random.default_rng(2)
    cuts = [0, *sorted(rng.choice(np.arange(1, panel.n_days), 30, replace=False)), panel.n_days]
    state, parts = rule.start(panel.n_accounts), []
    for first, end in itertools.pairwise(cuts):
        before = {name: value.copy() for name, value in state.items()}
        after, (surprise, extrapolated, _) = rule.advance(state, days(panel, first, end))
        for name, value in state.items():
            np.testing.assert_array_equal(value, before[name], err_msg=f"advance changed {name}")
        assert surprise.shape == extrapolated.shape == (panel.n_accounts, end - first)
        state, parts = after, [*parts, surprise]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), rule.surprise(panel))
    assert all(len(value) == panel.n_accounts for value in state.values())


@pytest.mark.parametrize("case", STREAMING, ids=repr)
def test_an_account_that_begins_later_gets_the_same_bits_as_if_the_panel_began_there(case, fitted, panel):
    """From the Monday after 70 unobserved days; alone or in company."""
    rule, panel = fitted(case), panel.take(slice(20))
    hidden = {name: np.where(np.arange(panel.n_days) < 70, np.nan, values) for name, values in panel.measures.items()}
    late = vs.Panel(hidden, accounts=panel.accounts, start=panel.start)
    np.testing.assert_array_equal(rule.surprise(late)[:, 70:], rule.surprise(days(panel, 70, panel.n_days)))
    np.testing.assert_array_equal(rule.surprise(late.take([7])), rule.surprise(late)[[7]])


def test_only_a_detector_that_scores_day_by_day_can_be_advanced(fitted):
    pelt = next(case for case in CASES if case.name == "Pelt-nb-up")
    with pytest.raises(TypeError, match="`detector` must score day by day to be advanced, got Pelt"):
        fitted(pelt).start(3)


def test_surprise_is_divided_by_the_widening_and_such_days_count_for_no_own_rate(panel):
    """With all days widened by 2 each pooled surprise is halved, and the account stays one without a past."""
    panel = panel.take(slice(20))
    rule = vs.AlarmRule(vs.detectors.ZScore()).fit(panel)
    wide = vs.Panel(panel.measures, accounts=panel.accounts, start=panel.start, widening=np.full((20, 400), 2.0))
    scores = rule.detector_.score(panel)
    young = replace(rule.calibration_, own_first=np.zeros_like(rule.calibration_.own_first))
    pooled = np.hstack([young.surprise(day[:, None])[0] for day in scores.T])
    own = own_rates(pooled / 2, rule.calibration_, widening=wide.widening)[0]
    np.testing.assert_allclose(rule.surprise(wide), own, rtol=1e-9, atol=1e-12)
    assert np.nanmax(np.abs(own - rule.surprise(panel) / 2)) > 0.1


@pytest.mark.parametrize(
    ("detector", "own_rates", "own"),
    [
        (vs.detectors.ZScore(), None, True),
        (vs.detectors.ZScore(), False, False),
        (vs.detectors.Cusum(), None, False),
        (vs.detectors.Cusum(), True, True),
        (vs.detectors.Pelt(), None, False),
    ],
)
def test_accounts_have_rates_of_their_own_where_scores_tell_of_single_days(detector, own_rates, own, small):
    rule = vs.AlarmRule(detector, own_rates=own_rates, n_folds=2).fit(small)
    assert (rule.calibration_.own_knots.size > 0) == own


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_a_saved_rule_gives_the_same_alarms(case, fitted, panel, tmp_path):
    rule, panel = fitted(case), panel.take(slice(40))
    rule.save(tmp_path / "rule.vs")
    again = vs.load_rule(tmp_path / "rule.vs")
    np.testing.assert_array_equal(again.surprise(panel), rule.surprise(panel))
    np.testing.assert_array_equal(again.curve_, rule.curve_)
    assert repr(again) == repr(rule)
    assert again.reference == rule.reference == "60 accounts x 300 days"
    if case.name != "Constant":
        pd.testing.assert_frame_equal(rule.alarms(panel), again.alarms(panel), check_exact=True)
    assert [path.name for path in tmp_path.iterdir()] == ["rule.vs"]


def test_parameters_within_parameters_survive():
    @dataclass(kw_only=True, eq=False, repr=False)
    class Outer(vs.detectors.ZScore):
        inner: vs.detectors.Detector = None
        lengths: tuple = (1, 7)

    outer = Outer(inner=vs.detectors.Cusum(cap=np.inf, window=np.int64(28)), lengths=(3, (1, 2.5)))
    text = json.dumps(described(outer), default=lambda number: number.item())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vs.detectors, "Outer", Outer, raising=False)
        patch.setattr(vs.detectors, "__all__", [*vs.detectors.__all__, "Outer"])
        again = made(json.loads(text))
    assert again.lengths == (3, (1, 2.5))
    assert again.inner.get_params() == outer.inner.get_params()


def test_a_damaged_file_or_another_format_is_refused(rule, tmp_path, monkeypatch):
    rule.save(tmp_path / "rule.vs")
    whole = (tmp_path / "rule.vs").read_bytes()
    for name, content in {"half": whole[: len(whole) // 2], "text": b"Title,Date\n", "empty": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=f"{name} must be a rule saved by"):
            vs.load_rule(tmp_path / name)
    monkeypatch.setattr("viewshift.archives.FORMATS", {"rule": 99})
    with pytest.raises(ValueError, match="rule format 3, but this version reads format 99"):
        vs.load_rule(tmp_path / "rule.vs")


def test_a_flipped_byte_is_refused_or_harmless(rule, tmp_path):
    """200 one-byte changes: each is refused with a ValueError, or leaves a rule that still works."""
    rule.save(tmp_path / "rule.vs")
    whole = (tmp_path / "rule.vs").read_bytes()
    rng, refused = np.random.default_rng(1), 0
    for place in rng.integers(len(whole), size=200):
        (tmp_path / "flipped").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            vs.load_rule(tmp_path / "flipped")
        except ValueError:
            refused += 1
    assert refused > 100


def test_numpy_numbers_as_parameters_are_saved(reference, tmp_path):
    detector = vs.detectors.ZScore(window=np.int64(28))
    vs.AlarmRule(detector, per_account_year=np.float32(1)).fit(reference).save(tmp_path / "rule.vs")
    assert vs.load_rule(tmp_path / "rule.vs").detector.window == 28


def test_a_rule_with_a_detector_of_another_version_is_refused(rule, tmp_path, monkeypatch):
    rule.save(tmp_path / "rule.vs")
    monkeypatch.delattr("viewshift.detectors.RobustZ")
    with pytest.raises(ValueError, match="a rule that this version does not know"):
        vs.load_rule(tmp_path / "rule.vs")


def test_the_shipped_rule_says_that_its_reference_is_simulated():
    rule = vs.default_rule(per_account_year=0.25)
    assert "simulated" in rule.reference
    assert rule.per_account_year == 0.25
    assert rule.threshold_ > vs.default_rule(per_account_year=1.0).threshold_


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: vs.AlarmRule("Cusum"), "`detector` must be a Detector"),
        (lambda: vs.AlarmRule(vs.detectors.Cusum), "`detector` must be a Detector"),
        (lambda: vs.AlarmRule(vs.detectors.Cusum(), per_account_year=0), "`per_account_year` must be a finite number"),
        (lambda: vs.AlarmRule(vs.detectors.Cusum(), quiet=0), "`quiet` must be at least 1"),
        (lambda: vs.AlarmRule(vs.detectors.Cusum(), n_folds=1.5), "`n_folds` must be a whole number"),
        (lambda: vs.AlarmRule(vs.detectors.Pelt(), own_rates=True), "`own_rates` must not be True for Pelt"),
    ],
)
def test_bad_parameters_are_named(make, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        make()


def test_bad_panels_are_named(reference, rule):
    with pytest.raises(ValueError, match="`fit` needs at least 5 groups"):
        vs.AlarmRule(vs.detectors.ZScore()).fit(reference.take([0, 1, 2]))
    with pytest.raises(ValueError, match="`groups` must label each of the 300 accounts"):
        vs.AlarmRule(vs.detectors.ZScore()).fit(reference, groups=[1, 2])
    with pytest.raises(ValueError, match="shorter than the warm-up"):
        vs.AlarmRule(vs.detectors.ZScore()).fit(reference.between(None, "2023-01-08"))
    with pytest.raises(NotFittedError):
        vs.AlarmRule(vs.detectors.ZScore()).alarms(reference)
    with pytest.raises(TypeError, match="`panel` must be a Panel, got DataFrame"):
        rule.alarms(reference.to_frame())
    minutes = vs.Panel({"minutes": reference["minutes"]}, accounts=reference.accounts, start=reference.start)
    with pytest.raises(ValueError, match="needs the measure 'episodes'"):
        rule.alarms(minutes)
