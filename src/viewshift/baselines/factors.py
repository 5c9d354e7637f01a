"""Common factors of strata and days, and how a panel carries them."""

from dataclasses import dataclass

from viewshift._typing import Bools, Floats, Ints, Strings
from viewshift.panel import Panel, check_panel


@dataclass(frozen=True, eq=False)
class DayFactors:
    """Common factors of strata and days.

    Parameters
    ----------
    strata
        Names of the strata, shape ``(n_strata,)``.
    member
        Place of each account's stratum among them, shape ``(n_accounts,)``.
    factor
        By how much the stratum's viewing exceeded what was expected, 1 on ordinary days; ``(n_strata, n_days)``, as
        are the following.
    standard_error
        Of the logarithm of the factor before it was shrunk; infinite where no account was observed.
    flagged
        Whether the upper tail stayed too heavy when the factor was allowed for.
    widening
        By how much surprise must then be divided; 1 elsewhere.
    """

    strata: Strings
    member: Ints
    factor: Floats
    standard_error: Floats
    flagged: Bools
    widening: Floats

    def apply(self, panel: Panel) -> Panel:
        """Return the panel with the factors as its exposure and the widening.

        Parameters
        ----------
        panel
            The accounts and days of the estimate.

        Raises
        ------
        ValueError
            If the panel has another shape.
        """
        check_panel("panel", panel)
        shape = (len(self.member), self.factor.shape[1])
        if panel.observed.shape != shape:
            raise ValueError(
                f"`panel` must have the {shape[0]} accounts and {shape[1]} days that the factors were estimated from, "
                f"got {panel.n_accounts} and {panel.n_days}."
            )
        return with_factors(panel, self.factor[self.member], self.widening[self.member])


def with_factors(panel: Panel, exposure: Floats, widening: Floats | None) -> Panel:
    """Return the panel with an exposure and a widening, both of its shape."""
    return Panel(
        panel.measures,
        accounts=panel.accounts,
        start=panel.start,
        observed=panel.observed,
        exposure=exposure,
        widening=widening,
    )
