"""The same events before several detectors: who found which, by account, by block and by scenario."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from viewshift._typing import Bools, Floats, Ints
from viewshift.metrics import account_weights
from viewshift.study.compare import N_REPLICATES, Trials
from viewshift.study.inference import pairs


@dataclass(frozen=True, eq=False)
class Matched:
    """Hits of detectors on the same events at one dial; a unit is an account of one seed.

    Parameters
    ----------
    detectors
        Those that ran through on all these scenarios and seeds.
    hits
        Events found less those found by chance, shape ``(n_scenarios, n_units, n_detectors)``; 0 where not judged.
    events
        Shape ``(n_scenarios, n_units)``.
    seed
        Seed of each unit.
    judged
        Which detector judged which unit, shape ``(n_units, n_detectors)``; slow ones do not judge all.
    """

    detectors: list[str]
    hits: Floats
    events: Floats
    seed: Ints
    judged: Bools

    def duels(self) -> Iterator[tuple["Matched", Ints, Ints, Ints]]:
        """Yield pairs that judged the same units together: these units, numbers of the pairs, and who is in them.

        The units come with the detectors of these pairs alone, in which who is in a pair is counted; the numbers of
        the pairs are those of `pairs` among all. Scenarios without events of these units are left out.
        """
        first, second = pairs(len(self.detectors))
        common = self.judged[:, first] & self.judged[:, second]
        kinds, kind = np.unique(common, axis=1, return_inverse=True)
        for k, units in enumerate(kinds.T):
            number = np.flatnonzero(kind == k)
            who, place = np.unique([first[number], second[number]], return_inverse=True)
            names = [self.detectors[one] for one in who]
            has = self.events[:, units].any(axis=1)
            has |= not has.any()  # where none has events everything is missing
            judged, hits = self.judged[units][:, who], self.hits[has][:, units][..., who]
            part = Matched(names, hits, self.events[has][:, units], self.seed[units], judged)
            yield part, number, *place.reshape(2, -1)

    def by_unit(self) -> Floats:
        """Return each unit's mean over the scenarios that have events of it; units without events are left out."""
        known = self.events > 0
        share = np.divide(self.hits, self.events[..., None], out=np.zeros_like(self.hits), where=known[..., None])
        has = known.any(axis=0)
        mean: Floats = share.sum(axis=0)[has] / known.sum(axis=0)[has, None]
        return mean

    def by_block(self) -> Floats:
        """Return net recall on each scenario and seed, scenario by scenario; blocks without events are left out."""
        of_seed = np.array([self.seed == one for one in dict.fromkeys(self.seed.tolist())], dtype=float)
        net = self._replicated(of_seed).reshape(-1, len(self.detectors))
        known: Floats = net[~np.isnan(net).any(axis=1)]
        return known

    def by_scenario(self) -> Floats:
        """Return net recall on each scenario, seeds together, shape ``(n_scenarios, n_detectors)``."""
        return self._replicated(np.ones((1, len(self.seed))))[:, 0]

    def replicates(self) -> Floats:
        """Return the mean over scenarios in each bootstrap replicate, shape ``(n_replicates, n_detectors)``.

        Notes
        -----
        The replicates are those of the results table: each seed's accounts are drawn among themselves.
        """
        seeds, counts = np.unique(self.seed, return_counts=True)
        size = dict(zip(seeds.tolist(), counts.tolist(), strict=True))
        order = dict.fromkeys(self.seed.tolist())
        weights = np.hstack([account_weights(size[seed], N_REPLICATES, seed=seed) for seed in order])
        mean: Floats = self._replicated(weights).mean(axis=0)
        return mean

    def _replicated(self, weights: Floats) -> Floats:
        above, below = weights @ self.hits, weights @ (self.events[..., None] * self.judged)
        ratio: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
        return ratio


def matched(
    trials: Trials, detectors: Sequence[str], scenarios: Sequence[str], seeds: Sequence[int], rate: float
) -> Matched | None:
    """Put counts of the same accounts side by side, of detectors that ran through on all scenarios and seeds.

    Parameters
    ----------
    trials
        By detector, scenario and seed.
    detectors
        To choose from.
    scenarios
        With events.
    seeds
        In order.
    rate
        The dial.

    Returns
    -------
    None if fewer than two detectors ran through.
    """
    keys = [(scenario, seed) for scenario in scenarios for seed in seeds]
    able = [name for name in detectors if keys and all(rate in trials[name, *key].tallies for key in keys)]
    if len(able) < 2:
        return None
    counts = {name: [[trials[name, s, seed].tallies[rate] for seed in seeds] for s in scenarios] for name in able}
    hits = [[np.concatenate([one.found - one.chance for one in row]) for row in counts[name]] for name in able]
    own = np.array([[np.concatenate([one.events for one in row]) for row in counts[name]] for name in able])
    seed = np.concatenate([np.full(len(one.events), s) for one, s in zip(counts[able[0]][0], seeds, strict=True)])
    events = own.max(axis=0).astype(float)
    judged: Bools = ((own > 0).any(axis=1) | ~(events > 0).any(axis=0)).T
    return Matched(able, np.moveaxis(np.array(hits, dtype=float), 0, 2), events, seed, judged)
