"""What a baseline says of a day before it is seen."""

import math
from dataclasses import dataclass

import numpy as np

from viewshift._typing import Floats
from viewshift.kernels.nb_tail import exposed, log_cdf, log_pmf, log_sf, quantiles


@dataclass(frozen=True, eq=False)
class Predictive:
    """Distribution of each account-day: 0 with probability 1 - active, else a negative binomial that is not 0.

    All arrays are float64 of shape ``(n_accounts, n_days)`` and finite. The tails need no whole numbers: for minutes
    they interpolate by the incomplete beta function.

    Parameters
    ----------
    active
        Probability of a day above 0.
    nb_mean
        Mean m of the negative binomial before its zeros are taken away, in units of the measure.
    nb_size
        Its size r: variance m + m^2 / r.

    References
    ----------
    Mullahy, J. (1986). Specification and testing of some modified count data models. Journal of Econometrics 33,
    341-365, section 3. doi:10.1016/0304-4076(86)90002-3
    """

    active: Floats
    nb_mean: Floats
    nb_size: Floats

    @property
    def mean(self) -> Floats:
        """Expected value of each day, in units of the measure."""
        mean: Floats = -self.active * self.nb_mean / np.expm1(-self.nb_size * np.log1p(self.nb_mean / self.nb_size))
        return mean

    @property
    def std(self) -> Floats:
        """Standard deviation of each day, in units of the measure; above 0."""
        mean = self.mean
        variance = mean * (1 + self.nb_mean / self.nb_size + (self.nb_mean - mean))
        return np.sqrt(np.maximum(variance, np.finfo(float).tiny))

    def logsf(self, values: Floats) -> Floats:
        """Return log P(Y >= value), natural logarithm; 0 where the value is 0, NaN where it is NaN.

        Parameters
        ----------
        values
            At least 0, ``(n_accounts, n_days)``.
        """
        return log_sf(*self._flat(values)).reshape(self.active.shape)

    def logcdf(self, values: Floats) -> Floats:
        """Return log P(Y <= value), natural logarithm; NaN where the value is NaN.

        Parameters
        ----------
        values
            At least 0, ``(n_accounts, n_days)``.
        """
        return log_cdf(*self._flat(values)).reshape(self.active.shape)

    def logpmf(self, values: Floats) -> Floats:
        """Return log P(Y = value), natural logarithm, of whole values; NaN where the value is NaN.

        Parameters
        ----------
        values
            At least 0, ``(n_accounts, n_days)``.
        """
        return log_pmf(*self._flat(values)).reshape(self.active.shape)

    def quantile(self, q: float) -> Floats:
        """Return the smallest whole y with P(Y <= y) at least q, ``(n_accounts, n_days)``.

        Parameters
        ----------
        q
            Probability, at least 0 and below 1.
        """
        if not 0 <= q < 1:
            raise ValueError(f"`q` must be at least 0 and below 1, got {q}.")
        return quantiles(math.log1p(-q), *self._parts()).reshape(self.active.shape)

    def exposed(self, factor: Floats | None) -> "Predictive":
        """Return the prediction under a panel's exposure; None leaves it as it is.

        A factor of 1 or more multiplies the expected value of an active day, one below 1 the chance of an active day:
        either way the tail that the common cause lengthens is not taken for the account's own doing.

        Parameters
        ----------
        factor
            Above 0, ``(n_accounts, n_days)``.
        """
        if factor is None:
            return self
        active, mean = exposed(*self._parts(), np.ascontiguousarray(factor).reshape(-1))
        return Predictive(active.reshape(factor.shape), mean.reshape(factor.shape), self.nb_size)

    def _parts(self) -> tuple[Floats, Floats, Floats]:
        return self.active.reshape(-1), self.nb_mean.reshape(-1), self.nb_size.reshape(-1)

    def _flat(self, values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        if np.shape(values) != self.active.shape:
            raise ValueError(f"`values` must have the prediction's shape {self.active.shape}, got {np.shape(values)}.")
        return np.ascontiguousarray(values, dtype=np.float64).reshape(-1), *self._parts()
