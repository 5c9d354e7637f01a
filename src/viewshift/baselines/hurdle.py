"""The predictive baseline: will the account watch today, and how much."""

from dataclasses import dataclass

from viewshift.baselines._personal import PersonalHurdle


@dataclass(kw_only=True, eq=False, repr=False)
class Hurdle(PersonalHurdle):
    """Logit for an active day and zero-truncated negative binomial for its count, on the account's own recent past.

    Parameters
    ----------
    measure
        The measure to predict.
    half_lives
        In days: after so long a day's weight in the account's averages has halved.
    """

    measure: str = "episodes"
    half_lives: tuple[float, ...] = (3.0, 10.0, 40.0, 160.0)
