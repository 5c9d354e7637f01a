"""What every detector must do, as plain functions of a case and a drawn panel that raise AssertionError.

`test_contract.py` runs them over the cases, `test_mutants.py` over planted faults.
"""

import copy
import functools
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from cases import Case
from strategies import Draw, many, population, to_panel
from viewshift import Panel
from viewshift._learner import Learner
from viewshift.detectors import Detector, StreamingDetector

Array = NDArray[Any]


@functools.cache
def _fitted(case: Case) -> Detector:
    return clone(case.detector).fit(population())


def fitted(case: Case) -> Detector:
    """Return the case's detector fitted on the population: a copy, so that no check inherits another's damage."""
    return copy.deepcopy(_fitted(case))


def same(actual: Array, expected: Array, what: str) -> None:
    """Raise unless both arrays hold the same bits; NaN equals NaN."""
    np.testing.assert_array_equal(actual, expected, err_msg=what, strict=True)


def scaled(panel: Panel, factor: Array | float, *, exposure: Array | None) -> Panel:
    """Return the panel with all measures multiplied, and an exposure."""
    return Panel(
        {name: values * factor for name, values in panel.measures.items()},
        accounts=panel.accounts,
        start=panel.start,
        observed=panel.observed,
        exposure=exposure,
    )


# The four claims.


def causal(case: Case, draw: Draw) -> None:
    """The scores of a prefix of the days are a prefix of the scores."""
    detector, panel = fitted(case), draw.panel()
    whole = detector.score(panel)
    for cut in {1, *draw.rng().integers(1, panel.n_days, 5).tolist(), panel.n_days - 1}:
        prefix = panel.between(until=panel.days[cut - 1])
        same(detector.score(prefix), whole[:, :cut], f"the first {cut} days score otherwise without the later ones")


def per_account(case: Case, draw: Draw) -> None:
    """A row scores the same alone and in other company and order."""
    detector, panel = fitted(case), draw.panel()
    whole = detector.score(panel)
    for row, kind in enumerate(draw.kinds):
        same(detector.score(panel.take([row])), whole[[row]], f"account {row} ({kind}) scores otherwise alone")
    order = draw.rng().permutation(panel.n_accounts)
    same(detector.score(panel.take(order)), whole[order], "accounts score otherwise in another order")


def monotone(case: Case, draw: Draw) -> None:
    """More viewing on a day never lowers that day's score; for `direction="down"`, never raises it."""
    detector, panel, rng = fitted(case), draw.panel(), draw.rng()
    sign = -1 if getattr(detector, "direction", "up") == "down" else 1
    rows, before = np.arange(panel.n_accounts), detector.score(panel)
    unscored = np.isnan(before)
    quiet = np.argsort(np.where(unscored, np.inf, panel[detector.measure]), axis=1)[:, :3]
    striking = np.argsort(np.where(unscored, np.inf, -before), axis=1)[:, :3]
    anywhere = rng.integers(panel.n_days, size=(panel.n_accounts, 4))
    for days in np.hstack([quiet, striking, anywhere]).T:
        amount = rng.choice([1, 1, 10, 1000])
        values = panel[detector.measure].copy()
        values[rows, days] += amount
        after = detector.score(panel.with_measures({detector.measure: values}))[rows, days]
        fall = sign * (before[rows, days] - after)
        slack = 1e-9 * (1 + np.abs(after))
        assert not (fall > slack).any(), (
            f"{amount} more of {detector.measure} changed the score of {draw.kinds[int(np.nanargmax(fall - slack))]!r} "
            f"by {-sign * np.nanmax(fall - slack):.3g}"
        )


def streaming(case: Case, draw: Draw) -> None:
    """Days handed over in chunks, the state pickled between them, score bit for bit as all at once."""
    detector, panel, rng = fitted(case), draw.panel(), draw.rng()
    assert isinstance(detector, StreamingDetector), f"{type(detector).__name__} has no `advance`"
    if rng.random() < 0.5:
        panel = scaled(panel, 1, exposure=rng.choice([0.5, 1, 1, 3], panel.observed.shape))
    state, pieces, first = detector.start(panel.n_accounts), [], 0
    while first < panel.n_days:
        last = min(first + int(rng.choice([1, 1, 1, 2, 7, 30])), panel.n_days) - 1
        assert all(len(part) == panel.n_accounts for part in state.values()), "the first axis of a state is the account"
        state, scores = detector.advance(
            pickle.loads(pickle.dumps(state)), panel.between(panel.days[first], panel.days[last])
        )
        pieces.append(scores)
        first = last + 1
    same(np.concatenate(pieces, axis=1), detector.score(panel), "chunks of days score otherwise than all days at once")


# What holds for all.


def opinion(case: Case, draw: Draw) -> None:
    """Scores are float64 of the panel's shape and never infinite; NaN where not observed, a number where warm."""
    detector, panel = fitted(case), draw.panel()
    scores = detector.score(panel)
    assert scores.shape == panel.observed.shape, f"scores have the shape {scores.shape}"
    assert scores.dtype == np.float64, f"scores are {scores.dtype}"
    assert not np.isinf(scores).any(), f"infinite scores in {np.isinf(scores).any(axis=1).nonzero()[0]}"
    assert np.isnan(scores[~panel.observed]).all(), "days that were not observed have a score"
    seen = np.cumsum(panel.observed, axis=1)
    warm = panel.observed.copy()
    warm[:, : case.warm] = False
    if 0 < case.warm < panel.n_days:
        recent = seen[:, case.warm - 1 : -1].copy()
        recent[:, 1:] -= seen[:, : -case.warm - 1]
        warm[:, case.warm :] &= recent == case.warm
    assert np.isfinite(scores[warm]).all(), "observed days after the warm-up have no score"


def surge(case: Case, draw: Draw) -> None:
    """An unmistakable shift scores as high as 99 % of the account's own days and above 99 % of everybody's."""
    detector = fitted(case)
    for sign in _signs(detector):
        clean, shifted, days = _shifted(case, draw, sign)
        usual, peak = detector.score(clean), np.nanmax(detector.score(shifted)[:, days], axis=1)
        own, everybody = np.nanquantile(usual, 0.99, axis=1), np.nanquantile(usual, 0.99)
        assert (peak >= own).all(), f"peaks {peak} against the accounts' own 99 % {own}"
        assert (peak > everybody).all(), f"peaks {peak} against 99 % of all clean days {everybody}"


def floor(case: Case, draw: Draw) -> None:
    """One episode more (or less) than always, on accounts that never varied, is nothing against a real shift."""
    detector = fitted(case)
    for sign in _signs(detector):
        _, shifted, days = _shifted(case, draw, sign)
        peak = np.nanmax(detector.score(shifted)[:, days], axis=1)
        episodes = np.arange(0 if sign > 0 else 1, 6)[:, None] * np.ones(160)
        episodes[:, draw.rng().integers(90, 150)] += sign
        highest = np.nanmax(detector.score(to_panel(episodes, seed=draw.seed)))
        assert highest < peak.min(), f"{sign:+d} on flat accounts scores {highest}, a shift only {peak.min()}"


def _signs(detector: Detector) -> tuple[int, ...]:
    return {"up": (1,), "down": (-1,), "both": (1, -1)}[getattr(detector, "direction", "up")]


def _shifted(case: Case, draw: Draw, sign: int) -> tuple[Panel, Panel, slice]:
    """Return eight accounts or so, the same with a shift, and the days that may show it (hindsight dates it loosely).

    They have watched in their first weeks: who begins after them has an unmistakable shift without ours.
    """
    first = int(draw.rng().integers(120, 200))
    days = slice(first, first + case.surge_days)
    clean = many(case.surge_on if sign > 0 else "heavy", 10, 240, seed=draw.seed)
    clean = clean[(clean[:, :28] > 0).sum(axis=1) >= 3][:8]
    shifted = clean.copy()
    shifted[:, days] = 10 * np.maximum(clean.max(axis=1, keepdims=True), 5) if sign > 0 else 0
    showing = days if case.detector.claims.causal else slice(first - 7, days.stop)
    return to_panel(clean, seed=draw.seed), to_panel(shifted, seed=draw.seed), showing


def missing(case: Case, draw: Draw) -> None:
    """Twenty days without a record leave the later scores nearer to those of a full record than twenty zeros do."""
    detector, full = fitted(case), many("heavy", 24, 160, seed=draw.seed)
    lost, empty = full.copy(), full.copy()
    lost[:, 100:120], empty[:, 100:120] = np.nan, 0
    _nearer(*(detector.score(to_panel(episodes, seed=draw.seed))[:, 120:] for episodes in (lost, empty, full)))


def late(case: Case, draw: Draw) -> None:
    """Days not observed before an account's first one leave its scores as if the panel had begun that day."""
    detector, panel = fitted(case), draw.panel()
    first = int(draw.rng().integers(20, 40))
    seen = panel.observed & (np.arange(panel.n_days) >= first)
    values = {name: np.where(seen, values, np.nan) for name, values in panel.measures.items()}
    begun_late = Panel(values, accounts=panel.accounts, start=panel.start, observed=seen)
    scores = detector.score(begun_late.between(since=panel.days[first]))
    same(detector.score(begun_late)[:, first:], scores, f"{first} days before the first change the scores")


def exposure(case: Case, draw: Draw) -> None:
    """Four weeks of 32 times the viewing score nearer to the ordinary with an exposure of 32 than with none."""
    detector = fitted(case)
    ordinary = to_panel(many("heavy", 8, 160, seed=draw.seed), seed=draw.seed)
    ones = np.ones((8, 160))
    many_times, first = ones.copy(), draw.rng().integers(70, 120)
    many_times[:, first : first + 28] = 32
    plain = detector.score(ordinary)
    same(detector.score(scaled(ordinary, 1, exposure=ones)), plain, "an exposure of 1 everywhere changes the scores")
    raised = (scaled(ordinary, many_times, exposure=factor) for factor in (many_times, None))
    _nearer(*map(detector.score, raised), plain)


def _nearer(good: Array, bad: Array, truth: Array) -> None:
    known = np.isfinite(good) & np.isfinite(bad) & np.isfinite(truth)
    assert known.any(), "no day to compare"
    near, far = (np.abs(scores - truth)[known].mean() for scores in (good, bad))
    assert near < 0.8 * far, f"the scores are off by {near:.3g}, with the fault by {far:.3g}"


def precision(case: Case, draw: Draw) -> None:
    """The same numbers in float32 and in float64 score the same."""
    detector, panel = fitted(case), draw.panel()
    factor = draw.rng().uniform(0.5, 1.5, panel.observed.shape)
    single = {name: (values * factor).astype(np.float32) for name, values in panel.measures.items()}
    double = {name: values.astype(np.float64) for name, values in single.items()}
    low, high = (detector.score(panel.with_measures(measures)) for measures in (single, double))
    np.testing.assert_allclose(low, high, rtol=1e-6, atol=1e-6)


def pure(case: Case, draw: Draw) -> None:
    """Scoring and advancing change neither panel, parameters, what was learned, nor the state they were given."""
    detector, panel = fitted(case), draw.panel()
    panel = scaled(panel, 1, exposure=draw.rng().uniform(0.5, 2, panel.observed.shape))
    before = copy.deepcopy((dict(panel.measures), panel.observed, panel.exposure, vars(detector)))
    detector.score(panel)
    if isinstance(detector, StreamingDetector):
        middle = panel.days[panel.n_days // 2]
        state, _ = detector.advance(detector.start(panel.n_accounts), panel.between(until=middle))
        kept = copy.deepcopy(state)
        detector.advance(state, panel.between(since=middle + 1))
        _unchanged(state, kept, "the given state")
    after = (dict(panel.measures), panel.observed, panel.exposure, vars(detector))
    for now, then, what in zip(after, before, ("a measure", "the mask", "the exposure", "the detector"), strict=True):
        _unchanged(now, then, what)


def _unchanged(now: Any, then: Any, what: str) -> None:
    alike = pickle.dumps(copy.deepcopy(now)) == pickle.dumps(then)
    assert alike, f"{what} was changed"  # comparing inside the assert has pytest print a diff of the bytes, for minutes


def deterministic(case: Case, draw: Draw) -> None:
    """Two calls agree, two fits agree, and a fit forgets the one before."""
    detector, panel = fitted(case), draw.panel()
    scores = detector.score(panel)
    same(detector.score(panel), scores, "a second call scores otherwise")
    other = clone(case.detector).fit(to_panel(many("sparse", 30, 100, seed=1), seed=1))
    other.score(panel)
    same(other.fit(population()).score(panel), scores, "a second fit scores otherwise")


def learned(case: Case, draw: Draw) -> None:
    """What `fit` learned is arrays, numbers and strings, and restores the fit; pickling does so too."""
    detector, panel = fitted(case), draw.panel()
    restored = clone(detector)
    for name, value in detector.learned().items():
        plain = isinstance(value, np.ndarray) and value.dtype != object
        assert plain or type(value) in (float, int, str), f"`{name}` is a {type(value).__name__}"
    restored.restore(detector.learned())
    scores = detector.score(panel)
    same(restored.score(panel), scores, "a detector restored from `learned()` scores otherwise")
    try:
        pickled = pickle.loads(pickle.dumps(detector))
    except Exception as error:
        raise AssertionError(f"does not pickle: {error}") from error
    same(pickled.score(panel), scores, "a pickled detector scores otherwise")


def parameters(case: Case, draw: Draw) -> None:
    """`clone`, `get_params` and `set_params` carry all parameters and nothing learned; `fit` refuses nonsense."""
    detector = fitted(case)
    parameters = _parameters(detector)
    assert parameters == _parameters(case.detector), "`fit` changed a parameter"
    assert _parameters(clone(detector)) == parameters, "`clone` lost a parameter"
    other = type(detector)().set_params(**clone(detector).get_params())
    assert _parameters(other) == parameters, "`set_params` lost a parameter"
    assert not clone(detector).learned(), "`clone` kept what was learned"
    for name, value in parameters.items():
        if isinstance(value, bool):
            continue
        nonsense = "nonsense" if isinstance(value, str) else -1
        last = name.rpartition("__")[2]
        refused = f"`{last}`" if last != "measure" else "'nonsense'"
        kind = TypeError if value is None or isinstance(value, type) else ValueError
        _raises(kind, refused, lambda n=name, x=nonsense: clone(detector).set_params(**{n: x}).fit(population()))


def _parameters(detector: Detector) -> dict[str, Any]:
    """Return all parameters; a learner among them as its class, since its own follow it, those in a tuple in words."""
    return {
        name: type(value)
        if isinstance(value, Learner)
        else tuple(map(repr, value))
        if isinstance(value, tuple)
        else value
        for name, value in detector.get_params().items()
    }


def errors(case: Case, draw: Draw) -> None:
    """An unfitted detector says so, and so does a panel without a needed measure."""
    detector, panel = fitted(case), draw.panel()
    unfitted = clone(detector)
    calls: list[Callable[[], Any]] = [lambda: unfitted.score(panel)]
    if isinstance(unfitted, StreamingDetector):
        calls += [lambda: unfitted.start(1), lambda: unfitted.advance({}, panel)]
    for call in calls:
        _raises(NotFittedError, "call `fit` first", call)
    for needed in detector.measures:
        poor = Panel({"other": panel["episodes"]}, accounts=panel.accounts, start=panel.start)
        _raises(ValueError, "needs the measure", lambda p=poor: detector.score(p))
        _raises(ValueError, "needs the measure", lambda p=poor: clone(detector).fit(p))
        assert needed in panel.measures, f"the suite draws no {needed!r}"


def _raises(kind: type[Exception], words: str, call: Callable[[], Any]) -> None:
    try:
        call()
    except kind as error:
        if words in str(error):
            return
        raise AssertionError(f"the message lacks {words!r}: {error}") from error
    raise AssertionError(f"no {kind.__name__} with {words!r}")


def edges(case: Case, draw: Draw) -> None:
    """Panels without accounts or days, of one day, and populations without viewing give scores of their shape."""
    detector, panel = fitted(case), draw.panel()
    for few in (panel.take([]), panel.between(until=panel.days[0]), panel.take(slice(0, 1)), _no_days(panel)):
        scores = detector.score(few)
        assert scores.shape == few.observed.shape, f"scores of {few} have the shape {scores.shape}"
    for episodes in (np.zeros((5, 100)), np.full((5, 100), np.nan), np.full((5, 100), 3.0)):
        scores = clone(detector).fit(to_panel(episodes, seed=0)).score(panel)
        assert not np.isinf(scores).any(), f"fitted on {episodes[0, 0]} everywhere, scores are infinite"


def _no_days(panel: Panel) -> Panel:
    return panel.between(until=panel.start - 1)


CLAIMS: dict[str, Callable[[Case, Draw], None]] = {
    check.__name__: check for check in (causal, per_account, monotone, streaming)
}
ON_EVERY_DRAW = CLAIMS | {
    check.__name__: check for check in (opinion, surge, floor, missing, exposure, precision, pure)
}
ON_ONE_DRAW: dict[str, Callable[[Case, Draw], None]] = {
    check.__name__: check for check in (late, deterministic, learned, parameters, errors, edges)
}
ALL_CHECKS = ON_EVERY_DRAW | ON_ONE_DRAW


def applies(case: Case, check: str) -> bool:
    """Return whether the detector must pass the check: it claims it, or it is for all, and no exemption is written."""
    return check not in case.exempt and (check not in CLAIMS or getattr(case.detector.claims, check))
