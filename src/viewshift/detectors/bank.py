"""Several detectors under one score: the highest, each on the scale of its own alarm rate."""

from dataclasses import dataclass, fields

import numpy as np
from sklearn.base import clone

from viewshift._checks import check_positive
from viewshift._typing import Direction, Floats, Signs, State
from viewshift.detectors._alarm_rates import alarm_rate_knots, same_length
from viewshift.detectors._base import Claims, StreamingDetector, direction_of
from viewshift.detectors._on_baseline import part_of, start_within
from viewshift.kernels.scales import highest_on_scale
from viewshift.panel import Panel


@dataclass(kw_only=True, eq=False, repr=False)
class Bank(StreamingDetector):
    r"""The highest of several detectors' scores, each on the scale of its own alarm rate.

    With :math:`R_j(x)` the alarms per account-year that detector j raises at scores of x and above among the fitted
    accounts,

    .. math:: S_t = \max_j \bigl[ -\log R_j(x_{j,t}) + \log w_j \bigr].

    At any threshold h member j alone raises :math:`w_j e^{-h}` alarms per account-year, and all together at most the
    sum. Take it for departures up and down or of several measures at rates of their own, or where shifts of different
    shape are wanted and no single detector finds them all. One statistic that is sensitive to several shapes finds
    more: a bank spreads its alarms over its members, and each must be the rarer for it.

    Parameters
    ----------
    detectors
        The members, at least one, all of which score day by day; fitted anew, the given ones stay as they are.
    shares
        Share w of the alarms that each detector may raise, above 0, one per detector; only their ratios matter.
        Default () for alike.

    Attributes
    ----------
    detectors_ : tuple of StreamingDetector
        The fitted detectors.
    knots_ : ndarray of shape (n_detectors, 2, n_knots)
        Scores of each detector, ascending, and their place on the common scale.

    Notes
    -----
    An alarm ends with 7 scored days below the threshold, and an account-year is 365.25 days that the detector scores.
    The scale is linear in the score between at most 200 knots, each with as many alarms as were counted there. Beyond
    the rarest 10 alarms, and below the threshold of most alarms, it goes on along the line of the outer two knots; so
    it ascends strictly, and what holds for all members (see `Claims`) holds for the bank.

    A detector without an opinion leaves the day to the others; the score is NaN where none has one. The cost is that of
    the members and a search among the knots for each.

    The rates are those of the accounts that were fitted on. `AlarmRule` calibrates the maximum out of fold.

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> bank = vs.detectors.Bank(detectors=(vs.detectors.ZScore(), vs.detectors.Cusum()))
    >>> bank.fit(viewers).score(viewers).shape
    (20, 120)
    """

    detectors: tuple[StreamingDetector, ...] = ()
    shares: tuple[float, ...] = ()

    @property
    def claims(self) -> Claims:  # type: ignore[override]
        """What all members claim."""
        names = [claim.name for claim in fields(Claims)]
        return Claims(**{name: all(getattr(one.claims, name) for one in self.detectors) for name in names})

    @property
    def cumulative(self) -> bool:  # type: ignore[override]
        """Whether any member adds up the evidence of several days."""
        return any(one.cumulative for one in self.detectors)

    @property
    def direction(self) -> Direction:
        """The members' direction, "both" where they differ."""
        found: set[Direction] = {direction_of(one) for one in self.detectors}
        return found.pop() if len(found) == 1 else "both"

    @property
    def measure(self) -> str:  # type: ignore[override]
        """The first member's measure, in which alarms are explained."""
        return self.detectors[0].measure

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures that a panel must have: all that a member needs."""
        return tuple(dict.fromkeys(name for one in self.detectors for name in one.measures))

    def _check_measures(self, panel: Panel) -> None:
        if not isinstance(self.detectors, tuple) or not self.detectors:
            raise ValueError(f"`detectors` must be a tuple of at least one detector, got {self.detectors!r}.")
        for one in self.detectors:
            if not isinstance(one, StreamingDetector):
                raise TypeError(f"`detectors` must all score day by day, as vs.detectors.Cusum() does, got {one!r}.")
            one._check_measures(panel)

    def _fit(self, panel: Panel) -> None:
        if not isinstance(self.shares, tuple) or len(self.shares) not in (0, len(self.detectors)):
            raise ValueError(f"`shares` must be one number per detector, {len(self.detectors)}, got {self.shares!r}.")
        shares = [check_positive("shares", share) for share in self.shares] or [1.0]
        self.detectors_: tuple[StreamingDetector, ...] = tuple(clone(one).fit(panel) for one in self.detectors)
        self.knots_ = same_length([alarm_rate_knots(one.score(panel)) for one in self.detectors_])
        self.knots_[:, 1] += np.log(shares)[:, None]

    def _start(self, n_accounts: int) -> State:
        state: State = {}
        for place, one in enumerate(self.detectors_):
            state |= start_within(one, n_accounts, f"{place}.")
        return state

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        return self._advance_signed(state, panel)[:2]

    def _advance_signed(self, state: State, panel: Panel) -> tuple[State, Floats, Signs]:
        after: State = {}
        found = np.empty((*panel.observed.shape, len(self.detectors_)))
        signs = np.empty(found.shape, dtype=np.int8)
        for place, one in enumerate(self.detectors_):
            own, found[:, :, place], signs[:, :, place] = one.advance_signed(part_of(state, f"{place}."), panel)
            after |= {f"{place}.{name}": values for name, values in own.items()}
        highest, which = highest_on_scale(found, self.knots_)
        return after, highest, np.take_along_axis(signs, np.maximum(which, 0)[:, :, None], axis=2)[:, :, 0]
