"""The predictive baseline: will the account watch today, and how much."""

from dataclasses import dataclass

from viewshift.baselines._personal import PersonalHurdle


@dataclass(kw_only=True, eq=False, repr=False)
class Hurdle(PersonalHurdle):
    r"""Logit for an active day and zero-truncated negative binomial for its count, on the account's own recent past.

    .. math:: \operatorname{logit} P(Y_t > 0) = \beta_0' x_t, \quad
              Y_t \mid Y_t > 0 \sim NB(m_t, r_t) \mid Y_t > 0, \quad
              \log m_t = \beta_1' x_t, \; \log r_t = \beta_2' x_t.

    The features x are exponentially weighted averages of the account's earlier days, begun from the population's. The
    best prediction of tomorrow; it gets used to a surge within days.

    Parameters
    ----------
    measure
        The measure to predict.
    half_lives
        In days: after so long a day's weight in the account's averages has halved.

    Attributes
    ----------
    coef_ : ndarray of shape (3, n_features)
        Coefficients of the log odds of an active day, of log m and of log r.
    prior_ : ndarray of shape (3,)
        The population's share of active days, its mean of log(1 + y) on them, and its mean of the square.
    log_sizes_ : ndarray of shape (2,)
        Range within which log r is kept: the middle 99.8 % on the reference.
    cap_ : float
        In units of the measure: cells of the reference above it are left out of the fit, and no value counts for more
        in an account's averages.

    References
    ----------
    Mullahy, J. (1986). Specification and testing of some modified count data models. Journal of Econometrics 33,
    341-365, section 3. doi:10.1016/0304-4076(86)90002-3

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> prediction = vs.baselines.Hurdle().fit(viewers).predict(viewers)
    >>> prediction.logsf(viewers["episodes"]).shape
    (20, 120)
    """

    measure: str = "episodes"
    half_lives: tuple[float, ...] = (3.0, 10.0, 40.0, 160.0)
