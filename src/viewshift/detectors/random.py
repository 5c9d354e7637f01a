"""The null control that scores days at random."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import ClassVar

import numpy as np

from viewshift._checks import check_whole
from viewshift._typing import Floats, State
from viewshift.detectors._base import Claims, StreamingDetector
from viewshift.kernels.counts import mixed_bits
from viewshift.panel import Panel


@dataclass(kw_only=True, eq=False, repr=False)
class Random(StreamingDetector):
    """Uniform noise on every observed day: what chance alone achieves at a given alarm rate.

    A null control: every other detector must beat it, and a metric that does not tell them apart is no metric. The
    noise is a function of seed, account name and calendar day, so an account scores the same alone or in company, all
    at once or day by day, and on every machine.

    Parameters
    ----------
    measure
        The measure whose presence is checked; its values do not matter.
    seed
        Seed of the noise, at least 0.

    Notes
    -----
    Unobserved days score NaN. There is no warm-up.

    Each score is one output of a counter-based generator: the mixing function of SplitMix64 applied to the day
    ordinal, keyed by a BLAKE2b digest of seed and account name, and cut to 53 bits in [0, 1).

    References
    ----------
    Steele, G. L., Lea, D. and Flood, C. H. (2014). Fast splittable pseudorandom number generators. OOPSLA '14,
    Figure 17 (mix64 as in the published SplitMix64). doi:10.1145/2660193.2660195

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 60, seed=1)
    >>> scores = vs.detectors.Random(seed=3).fit(viewers).score(viewers)
    >>> bool(((scores >= 0) & (scores < 1)).all())
    True
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    measure: str = "episodes"
    seed: int = 0

    def _fit(self, panel: Panel) -> None:
        check_whole("seed", self.seed, least=0)

    def _start(self, n_accounts: int) -> State:
        return {}

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        keys = [blake2b(f"{self.seed}:{name}".encode(), digest_size=8).digest() for name in panel.accounts.tolist()]
        account = np.array([int.from_bytes(key, "little") for key in keys], dtype=np.uint64)
        day = panel.days.astype(np.int64).astype(np.uint64)
        bits = mixed_bits(account[:, None] + day[None, :] * np.uint64(0x9E3779B97F4A7C15))
        uniform = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return state, np.where(panel.observed, uniform, np.nan)
