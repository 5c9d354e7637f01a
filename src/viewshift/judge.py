"""Surprise of account-days: a fitted detector and its calibration, all days at once or one after the other."""

from typing import NamedTuple

from sklearn.exceptions import NotFittedError

from viewshift._typing import Bools, Floats, Signs, State
from viewshift.archives import joined, part
from viewshift.calibrate import Ladder
from viewshift.detectors import Detector, StreamingDetector
from viewshift.panel import Panel, check_panel


class Judged(NamedTuple):
    """What a rule says of days; all of shape ``(n_accounts, n_days)``.

    Parameters
    ----------
    surprise
        -log10 of the calibrated p-value; NaN where there is no opinion.
    extrapolated
        Whether it rests on a fitted tail and on no count.
    sign
        1 where the detector speaks of more viewing, -1 of less, 0 of either.
    """

    surprise: Floats
    extrapolated: Bools
    sign: Signs


class Judge:
    """What a rule knows of single days, before any threshold: the surprise of each, from earlier days of its account.

    Attributes
    ----------
    detector_ : Detector
        Fitted; it scores the days.
    calibration_ : Ladder
        Scores to surprise.
    """

    detector_: Detector
    calibration_: Ladder

    def start(self, n_accounts: int) -> State:
        """Return the state of accounts without a past: arrays whose first axis is the account.

        Parameters
        ----------
        n_accounts
            Number of accounts.

        Raises
        ------
        TypeError
            If the detector does not score day by day.
        """
        detector = self._streaming()
        return joined(detector=detector.start(n_accounts), calibration=self.calibration_.start(n_accounts))

    def advance(self, state: State, panel: Panel) -> tuple[State, Judged]:
        """Return the state after the next days, and what there is to say of them.

        Parameters
        ----------
        state
            From `start` or an earlier `advance`, accounts in the panel's order; it stays as it was.
        panel
            The days that follow those already seen; they get the same bits as from `surprise` of all days.
        """
        detector = self._streaming()
        past, scores, sign = detector.advance_signed(part(state, "detector"), panel)
        rates, surprise, beyond = self.calibration_.advance(part(state, "calibration"), scores, panel.widening)
        return joined(detector=past, calibration=rates), Judged(surprise, beyond, sign)

    def surprise(self, panel: Panel) -> Floats:
        """Return -log10 of each account-day's calibrated p-value; NaN where there is no opinion.

        Parameters
        ----------
        panel
            Histories to judge, from each account's first day on; the accounts need not have been seen before. Where the
            panel has a `widening`, surprise is divided by it before the account's own rates are counted.
        """
        return self.judged(panel).surprise

    def judged(self, panel: Panel) -> Judged:
        """Return what the rule says of each account-day.

        Parameters
        ----------
        panel
            As for `surprise`.
        """
        self._check_fitted()
        check_panel("panel", panel)
        scores, sign = self.detector_.score_signed(panel)
        return Judged(*self.calibration_.surprise(scores, panel.widening), sign)

    def _streaming(self) -> StreamingDetector:
        self._check_fitted()
        if not isinstance(self.detector_, StreamingDetector):
            raise TypeError(f"`detector` must score day by day to be advanced, got {self.detector_!r}.")
        return self.detector_

    def _check_fitted(self) -> None:
        if not hasattr(self, "curve_"):
            raise NotFittedError("this AlarmRule is not fitted yet; call `fit` first, or use `vs.default_rule()`.")
