"""How rare a score is among reference scores: the pooled conformal p-value."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from viewshift._typing import Floats
from viewshift.kernels.lookup import linear_between

N_TOP, N_KNOTS = 256, 1024
"""Largest scores that are all kept, and how many of the rest are."""


@dataclass(frozen=True, eq=False)
class PooledConformal:
    r"""Surprise :math:`-\log_{10} p` by the pooled conformal p-value of reference scores.

    .. math:: p(s) = \frac{1 + \#\{\text{reference scores} \ge s\}}{1 + n}

    The reference scores must be out of fold: given by a detector that was not fitted on the accounts it scored.

    Parameters
    ----------
    scores
        Ascending scores at which the survival function is kept, shape ``(n_knots,)``.
    log10_p
        Its common logarithm there, descending.

    Notes
    -----
    The empirical survival function is kept exactly at the 256 largest scores and at about a thousand ranks evenly
    spaced in log p below; in between log p is linear in the score. No surprise exceeds that of the largest reference
    score, log10((n + 1) / 2) if it stands alone. Validity needs scores exchangeable with the reference; days of one
    account depend on each other, so this is an empirical recalibration.

    References
    ----------
    Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World, eq. 2.20.
    """

    scores: Floats
    log10_p: Floats

    @classmethod
    def fit(cls, reference: Floats) -> Self:
        """Keep the survival function of reference scores.

        Parameters
        ----------
        reference
            Out-of-fold scores of any shape; NaN is left out.

        Raises
        ------
        ValueError
            If no score is left.
        """
        ordered = np.sort(reference[~np.isnan(reference)], axis=None)
        n = ordered.size
        if n == 0:
            raise ValueError(
                "calibration needs reference scores, got none: was nothing observed, or is the panel shorter than the "
                "warm-up?"
            )
        ranks = np.concatenate([np.arange(min(n, N_TOP)), np.geomspace(1, n, N_KNOTS).astype(np.int64) - 1])
        knots = np.unique(ordered[n - 1 - np.unique(ranks)])
        at_least = n - np.searchsorted(ordered, knots, side="left")
        return cls(knots, np.log10((1 + at_least) / (1 + n)))

    def surprise(self, scores: Floats) -> Floats:
        """Return -log10 p of each score, NaN where the score is NaN.

        Parameters
        ----------
        scores
            Scores of any shape.
        """
        flat = np.ascontiguousarray(scores, dtype=np.float64).ravel()
        return linear_between(flat, self.scores, -self.log10_p, 0.0).reshape(np.shape(scores))
