"""Changepoints, anomalies and run lengths: PELT, CAPA and BOCPD beside ruptures, skchange and changepoint-doctor.

What is timed is what users call, `Detector.score` on a `Panel`; of the peers the call that finds changes, account by
account, since they take one at a time. Peers that lay cuts elsewhere than the optimum are counted, not forgiven: the
share of accounts on which they do stands in the note.
"""

from collections.abc import Callable, Iterator
from typing import Any

import cpd
import harness
import numpy as np
import ruptures
from harness import Case, Peer
from numpy.typing import NDArray
from skchange.detectors import CAPA, PELT
from skchange.interval_scorers import L2Cost, L2Saving, PoissonCost, PoissonSaving
from windows import panel_of

import viewshift as vs
from viewshift.detectors import Capa, Pelt
from viewshift.kernels.bocpd import COLUMNS, run_odds
from viewshift.kernels.run_priors import day_terms
from viewshift.kernels.segmentation import NORMAL, POISSON, difference_spread

Array = NDArray[np.float64]

LEAST = 7
HAZARD = 1 / 200
PRUNE = 1e-6
PRIOR = {"poisson_gamma": np.array([1.0, 1.0]), "gaussian_nig": np.array([0.0, 1.0, 1.0, 1.0])}
"""changepoint-doctor's own, which it does not let one choose."""


def counts(n_accounts: int, seed: int) -> vs.Panel:
    """Return a panel without missing days, for peers that take none."""
    return panel_of(harness.counts(n_accounts, seed, missing=0.0))


def by_account(find: Callable[[Array], Any], values: Array, size: int) -> Callable[[], list[Any]]:
    """Return a call that finds something in each of the first accounts."""
    return lambda: [find(row) for row in values[:size]]


def cut_cost(values: Array, starts: list[int], cost: str) -> float:
    """Return the cost of segments that begin at `starts`, at log n a change."""
    total = (len(starts) - 1) * np.log(len(values))
    for part in np.split(values, starts[1:]):
        mean = part.mean()
        if cost == "normal":
            total += np.sum((part - mean) ** 2)
        elif mean > 0:
            total -= 2 * part.sum() * np.log(mean)
    return float(total)


def pelt(cost: str, peers: dict[str, tuple[Callable[[Array], list[int]], int, float]], n_accounts: int) -> Case:
    """Return a case of PELT, whose peers return the days on which segments begin, but for the first."""
    panel = counts(n_accounts, seed=3)
    detector = Pelt(cost=cost, penalty=1.0, min_segment=LEAST, direction="both").fit(panel)
    values = detector._scaled(panel)
    notes = {name: differing(detector, panel, find, size, cost) for name, (find, size, _) in peers.items()}

    def check() -> None:
        for name, (find, size, _) in peers.items():
            assert differing(detector, panel, find, min(size, 20), cost)[0] < 0.5, name

    return Case(
        name=f"PELT, {'L2' if cost == 'normal' else 'Poisson'}",
        unit="accounts",
        size=n_accounts,
        own=lambda: detector.score(panel),
        check=check,
        panel=f"{n_accounts:,} accounts, segments of {LEAST} days or more, log n a change",
        agreement="no peer finds a lower cost; equal to 1e-9 where it finds the optimum",
        peers={
            name: Peer(
                call=by_account(find, values, size),
                size=size,
                wanted=wanted,
                note=f"misses the optimum on {notes[name][0]:.1%} of {size} accounts, ours on none",
            )
            for name, (find, size, wanted) in peers.items()
        },
    )


def differing(
    detector: Pelt, panel: vs.Panel, find: Callable[[Array], list[int]], size: int, cost: str
) -> tuple[float, int]:
    """Return on which share of accounts a peer's cuts cost more than ours, and on how many; none may cost less."""
    values, begins = detector._scaled(panel)[:size], detector._segment(panel)[0][:size]
    worse = 0
    for row, own in zip(values, begins, strict=True):
        ours = cut_cost(row, np.flatnonzero(own).tolist(), cost)
        theirs = cut_cost(row, [0, *find(row)], cost)
        slack = 1e-9 * (1 + abs(ours))
        assert ours <= theirs + slack, "a peer found a lower cost"
        worse += theirs > ours + slack
    return worse / size, worse


def by_kernel_cpd(row: Array) -> list[int]:
    """Return the changes that ruptures' C code finds."""
    search = ruptures.KernelCPD(kernel="linear", min_size=LEAST).fit(row[:, None])
    return [int(day) for day in search.predict(pen=np.log(row.size))[:-1]]


def by_skchange(cost: Callable[[], Any]) -> Callable[[Array], list[int]]:
    """Return what finds changes with skchange's PELT."""

    def find(row: Array) -> list[int]:
        detector = PELT(cost(), penalty=np.log(row.size), min_segment_length=LEAST)
        days = row[:, None]
        return [int(day) for day in detector.fit(days).predict_all(days)["changepoints"]]

    return find


def pelt_nb(n_accounts: int) -> Case:
    """Return the case of the negative binomial cost, beside the Poisson one: nobody else has it."""
    panel = counts(n_accounts, seed=3)
    nb, poisson = (Pelt(cost=cost, penalty=1.0, direction="both").fit(panel) for cost in ("nb", "poisson"))
    return Case(
        name="PELT, negative binomial",
        unit="accounts",
        size=n_accounts,
        own=lambda: nb.score(panel),
        check=lambda: None,
        panel=f"{n_accounts:,} accounts, segments of {LEAST} days or more, log n a change",
        agreement="exact by the tests; nobody else has this cost",
        peers={
            "our Poisson, two threads": Peer(
                call=lambda: poisson.score(panel), size=n_accounts, wanted=1 / 8, note="wanted is within 8 times of it"
            )
        },
    )


def capa(cost: str, saving: Callable[[float], Any], wanted: float | None, n_accounts: int, size: int) -> Case:
    """Return a case of CAPA at the usual level that ours learns, which skchange is given."""
    panel = counts(n_accounts, seed=4)
    detector = Capa(cost=cost, direction="both", penalty=3.0, point_penalty=3.0).fit(panel)
    values, usual = panel["episodes"].astype(np.float64), detector._usual(panel)
    if cost == "normal":
        spread = np.fmax(difference_spread(values), detector.spread_)
        values, usual = (values - usual[:, None]) / spread[:, None], np.zeros(n_accounts)

    def find(row: Array, level: float) -> Any:
        price = 3.0 * np.log(row.size)
        peer = CAPA(
            saving(level),
            saving(level),
            segment_penalty=price,
            point_penalty=price,
            min_segment_length=2,
            max_segment_length=56,
            include_point_anomalies=True,
        )
        return peer.fit(row[:, None]).predict_all(row[:, None])

    def check() -> None:
        length, _ = detector._search(panel)
        same = 0
        for own, row, level in zip(length[:20], values, usual, strict=False):
            spans = {(int(day), int(day + own[day])) for day in np.flatnonzero(own) if own[day] > 1}
            same += spans == {tuple(int(day) for day in span) for span in find(row, level)["segment_anomalies"]}
        assert same >= 18, same

    return Case(
        name=f"CAPA, {'L2' if cost == 'normal' else 'Poisson'}",
        unit="accounts",
        size=n_accounts,
        own=lambda: detector.score(panel),
        check=check,
        panel=f"{n_accounts:,} accounts, stretches of 2 to 56 days, 3 log n each",
        agreement="the same stretches on at least 18 of 20 accounts: skchange seeks none before 2 days have passed",
        peers={
            "skchange CAPA": Peer(
                call=lambda: [find(row, level) for row, level in zip(values[:size], usual, strict=False)],
                size=size,
                wanted=wanted,
            )
        },
    )


def bocpd(name: str, model: int, n_accounts: int, size: int) -> Case:
    """Return a case of BOCPD at changepoint-doctor's prior and hazard; it keeps runs above 1e-15, ours above 1e-6."""
    values = harness.counts(n_accounts, seed=5, missing=0.0).astype(np.float64)
    n_days = values.shape[1]
    prior = PRIOR[name]
    terms = day_terms(model, prior, 1.0, n_days)

    def own(rows: int = n_accounts, prune: float = PRUNE) -> tuple[Array, Array]:
        days = values[:rows]
        start = np.zeros((rows, n_days + 1, COLUMNS))
        return run_odds(start, days, np.ones(days.shape), model, prior, 1.0, terms, HAZARD, 28, 0, prune)

    def peer(rows: int = size) -> list[Any]:
        return [cpd.Bocpd(name, hazard=HAZARD).update_many(row) for row in values[:rows]]

    exact, kept = own(20, 0.0)[1], own(20)[1]
    pairs = zip(exact, kept, strict=True)
    off = max(0.5 * float(np.abs(by_length(a, n_days) - by_length(b, n_days)).sum()) for a, b in pairs)

    def check() -> None:
        compared = 0
        for row, runs in zip(values[:20], exact, strict=True):
            posterior = by_length(runs, n_days)
            mean = float(posterior @ np.arange(n_days + 1.0))
            theirs = cpd.Bocpd(name, hazard=HAZARD).update_many(row)[-1].run_length_mean + 1  # it begins at 0
            if posterior[-1] < 1e-12:  # a run as old as the history it counts in two parts
                assert abs(mean - theirs) <= 1e-4 * mean, (mean, theirs)
                compared += 1
        assert compared >= 10

    return Case(
        name=f"BOCPD, {'normal' if model == NORMAL else 'Poisson'}",
        unit="account-days",
        size=n_accounts * n_days,
        own=own,
        check=check,
        panel=f"{n_accounts:,} accounts, hazard 1/200",
        agreement=f"runs below {PRUNE:g} dropped, which puts the last day's posterior off by at most {off:.1g} in "
        "total variation on 20 accounts; without dropping, the mean length of its run is the peer's to 1e-4, "
        "which itself drops runs below 1e-15",
        peers={
            "changepoint-doctor (Rust)": Peer(
                call=peer,
                size=size * n_days,
                wanted=15,
                note="takes one account at a time; follows all runs above 1e-15",
            )
        },
    )


def by_length(runs: Array, n_days: int) -> Array:
    """Return the posterior by the days of the run, ``(n_days + 1,)``."""
    posterior = np.zeros(n_days + 1)
    for log_probability, length, *_ in runs[runs[:, 1] > 0]:
        posterior[min(int(length), n_days)] += np.exp(log_probability)
    return posterior


def cases() -> Iterator[Case]:
    """Yield all cases."""
    skchange_l2 = (by_skchange(L2Cost), 20, 150.0)
    yield pelt("normal", {"ruptures KernelCPD (C)": (by_kernel_cpd, 200, 15.0), "skchange PELT": skchange_l2}, 1000)
    yield pelt("poisson", {"skchange PELT": (by_skchange(PoissonCost), 20, 150.0)}, 1000)
    yield pelt_nb(500)
    yield capa("normal", L2Saving, None, 1000, 10)
    yield capa("poisson", PoissonSaving, None, 1000, 10)
    yield bocpd("poisson_gamma", POISSON, 100, 10)
    yield bocpd("gaussian_nig", NORMAL, 100, 10)


if __name__ == "__main__":
    harness.run(__file__, cases, packages=("ruptures", "skchange", "changepoint-doctor"))
