"""Common factors of strata and days, and how a panel carries them."""

from dataclasses import dataclass

import numpy as np

from viewshift._typing import Bools, Floats, Ints, Strings
from viewshift.panel import Panel, check_panel


@dataclass(frozen=True, eq=False, repr=False)
class DayFactors:
    """Common factors of strata and days.

    Parameters
    ----------
    accounts
        Names of the accounts.
    start
        The first day.
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

    accounts: Strings
    start: np.datetime64
    strata: Strings
    member: Ints
    factor: Floats
    standard_error: Floats
    flagged: Bools
    widening: Floats

    def __repr__(self) -> str:
        return (
            f"DayFactors({len(self.accounts)} accounts x {self.factor.shape[1]} days from {self.start}, "
            f"strata {', '.join(self.strata[:5])}{', ...' if len(self.strata) > 5 else ''}; "
            f"{np.count_nonzero(self.factor != 1)} factors are not 1, {np.count_nonzero(self.flagged)} flagged)"
        )

    def apply(self, panel: Panel) -> Panel:
        """Return the panel with the factors as its exposure and the widening.

        Parameters
        ----------
        panel
            The accounts and days of the estimate.

        Raises
        ------
        ValueError
            If the panel has other accounts or days, or an exposure already.
        """
        check_panel("panel", panel)
        if (panel.start, panel.n_days) != (self.start, self.factor.shape[1]) or panel.accounts.tolist() != list(
            self.accounts
        ):
            raise ValueError(
                f"`panel` must hold the accounts and days that the factors are of: {self!r}, got {panel!r}."
            )
        if panel.exposure is not None:
            raise ValueError("`panel` must not have an exposure yet; factors are applied once.")
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
