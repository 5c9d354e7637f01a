"""The null control that scores every day the same."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from viewshift._typing import Floats, State
from viewshift.detectors._base import Claims, StreamingDetector
from viewshift.panel import Panel


@dataclass(kw_only=True, eq=False, repr=False)
class Constant(StreamingDetector):
    """Score 0 on every observed day: the detector that never says anything.

    A null control: whatever a study credits it with is an artefact of the study. All its scores tie, so no threshold
    can give it a wanted alarm rate.

    Parameters
    ----------
    measure
        The measure whose presence is checked; its values do not matter.

    Notes
    -----
    Unobserved days score NaN, as everywhere. There is no warm-up.

    Examples
    --------
    >>> import viewshift as vs
    >>> panel = vs.Panel({"episodes": [[2, float("nan"), 0]]}, accounts=["me"], start="2024-01-01")
    >>> vs.detectors.Constant().fit(panel).score(panel)
    array([[ 0., nan,  0.]])
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    measure: str = "episodes"

    def _fit(self, panel: Panel) -> None:
        """Nothing to learn."""

    def _start(self, n_accounts: int) -> State:
        return {}

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        return state, np.where(panel.observed, 0.0, np.nan)
