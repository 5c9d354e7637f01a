"""The alarm rule: out of fold, one dial, saved whole."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

import viewshift as vs
from viewshift.metrics.events import DAYS_PER_YEAR


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
    assert rule.calibration_.scores.tolist() == [1.0]


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


@pytest.mark.parametrize(
    "detector",
    [vs.detectors.ZScore(window=28), vs.detectors.Cusum(), vs.detectors.Random(seed=3), vs.detectors.IsolationForest()],
    ids=lambda d: type(d).__name__,
)
def test_a_saved_rule_gives_the_same_alarms(detector, reference, panel, tmp_path):
    rule = vs.AlarmRule(detector, per_account_year=2.0, quiet=5).fit(reference)
    rule.save(tmp_path / "rule.vs")
    again = vs.load_rule(tmp_path / "rule.vs")
    pd.testing.assert_frame_equal(rule.alarms(panel), again.alarms(panel), check_exact=True)
    assert again.detector.get_params() == detector.get_params()
    assert again.reference == rule.reference == "300 accounts x 400 days"
    assert [path.name for path in tmp_path.iterdir()] == ["rule.vs"]


def test_a_damaged_file_or_another_format_is_refused(rule, tmp_path, monkeypatch):
    rule.save(tmp_path / "rule.vs")
    whole = (tmp_path / "rule.vs").read_bytes()
    for name, content in {"half": whole[: len(whole) // 2], "text": b"Title,Date\n", "empty": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=f"{name} must be a rule saved by"):
            vs.load_rule(tmp_path / name)
    monkeypatch.setattr("viewshift.rules.FORMAT", 99)
    with pytest.raises(ValueError, match="rule format 1, but this version reads format 99"):
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
