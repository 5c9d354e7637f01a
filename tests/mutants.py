"""Detectors with one planted fault each, which the contract must reject, and the healthy twin, which it must not."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cases import ALL_FOUR, Case
from viewshift.detectors import Claims, Pelt, ZScore
from viewshift.kernels.rolling import trailing_mean_std


@dataclass(kw_only=True, eq=False, repr=False)
class Healthy(ZScore):
    """The twin: a z-score without fault, from which every mutant differs in one place."""


@dataclass(kw_only=True, eq=False, repr=False)
class BatchMinMax(Healthy):
    """Scores stretched to 0..1 over whatever panel is scored."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        if not np.isfinite(scores).any():
            return state, scores
        low, high = np.nanmin(scores), np.nanmax(scores)
        return state, (scores - low) / max(high - low, 1e-9)


def baseline(detector, state, panel):
    """Return the state after, and each day's value, mean and standard deviation."""
    history = detector._history(state, panel)
    values = history[:, detector.window + detector.guard :]
    return {"past": history[:, panel.n_days :].copy()}, values, *trailing_mean_std(*detector._windows(history))


@dataclass(kw_only=True, eq=False, repr=False)
class PooledSpread(Healthy):
    """One spread for all accounts of the batch."""

    def _advance(self, state, panel):
        state, values, mean, std = baseline(self, state, panel)
        pooled = np.sqrt(np.nansum(std**2, axis=0) / np.maximum(1, (~np.isnan(std)).sum(axis=0)))
        return state, (values - mean) / np.maximum(pooled, self.floor_)


@dataclass(kw_only=True, eq=False, repr=False)
class CentredWindow(Healthy):
    """A baseline that holds as many days after the scored day as before it."""

    def _advance(self, state, panel):
        values, half = panel[self.measure], self.window // 2
        ahead = np.concatenate([values, np.full((len(values), half), np.nan)], axis=1)
        later = np.lib.stride_tricks.sliding_window_view(ahead, half + 1, axis=1)
        known = ~np.isnan(later)
        mean = np.where(known, later, 0).sum(axis=2) / np.maximum(1, known.sum(axis=2))
        return state, (values - mean) / self.floor_


@dataclass(kw_only=True, eq=False, repr=False)
class KnowsTomorrow(Healthy):
    """A day's score rises a little with the next day's."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        tomorrow = np.concatenate([scores[:, 1:], np.full((len(scores), 1), np.nan)], axis=1)
        return state, scores + 0.01 * np.nan_to_num(tomorrow)


@dataclass(kw_only=True, eq=False, repr=False)
class NoFloor(Healthy):
    """Division by a spread of 0."""

    def _advance(self, state, panel):
        state, values, mean, std = baseline(self, state, panel)
        with np.errstate(all="ignore"):
            return state, (values - mean) / std


@dataclass(kw_only=True, eq=False, repr=False)
class TinyFloor(Healthy):
    """A floor that keeps scores finite, and lets any movement of a flat account outrank every real shift."""

    def _fit(self, panel):
        super()._fit(panel)
        self.floor_ = 1e-9


@dataclass(kw_only=True, eq=False, repr=False)
class FlippedSign(Healthy):
    """High scores for days without viewing."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        return state, -scores


@dataclass(kw_only=True, eq=False, repr=False)
class Folded(Healthy):
    """The distance from the usual in either direction, sold as excess."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        return state, np.abs(scores)


@dataclass(kw_only=True, eq=False, repr=False)
class LearnsWhileScoring(Healthy):
    """State that leaks from one call into the next through what `fit` learned."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        self.floor_ = 0.99 * self.floor_ + 0.01 * float(panel[self.measure][panel.observed].mean())
        return state, scores


LAST_CALL: dict[str, float] = {}


@dataclass(kw_only=True, eq=False, repr=False)
class LeaksThroughAGlobal(Healthy):
    """State that leaks from one call into the next where no attribute shows it."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        shift = LAST_CALL.get("level", 0.0)
        LAST_CALL["level"] = shift + 1.0
        return state, scores + shift


@dataclass(kw_only=True, eq=False, repr=False)
class FitsOnTop(Healthy):
    """A second fit that keeps part of the first."""

    def _fit(self, panel):
        before = getattr(self, "floor_", None)
        super()._fit(panel)
        self.floor_ = self.floor_ if before is None else (self.floor_ + before) / 2


@dataclass(kw_only=True, eq=False, repr=False)
class WritesIntoState(Healthy):
    """The given state is filled instead of a new one."""

    def _advance(self, state, panel):
        given = state["past"]
        state, scores = super()._advance(state, panel)
        given[:] = state["past"]
        return {"past": given}, scores


@dataclass(kw_only=True, eq=False, repr=False)
class WritesIntoPanel(Healthy):
    """The panel's own numbers are scaled in place."""

    def _advance(self, state, panel):
        whole = panel[self.measure].base
        whole *= 1.5
        return super()._advance(state, panel)


@dataclass(kw_only=True, eq=False, repr=False)
class Restless(Healthy):
    """A little noise in each score, so that ties break."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        return state, scores + 1e-12 * np.random.default_rng().random(scores.shape)


@dataclass(kw_only=True, eq=False, repr=False)
class RestlessFit(Healthy):
    """A floor estimated on accounts drawn afresh at each fit."""

    def _fit(self, panel):
        super()._fit(panel.take(np.random.default_rng().permutation(panel.n_accounts)[: panel.n_accounts // 2 + 1]))


@dataclass(kw_only=True, eq=False, repr=False)
class MissingIsZero(Healthy):
    """Days without a record count as days without viewing in the baseline, though they get no score themselves."""

    def _advance(self, state, panel):
        filled = panel.with_measures({self.measure: panel[self.measure]})
        values = np.nan_to_num(panel[self.measure])
        object.__setattr__(filled, "measures", {**panel.measures, self.measure: values})
        state, scores = super()._advance(state, filled)
        return state, np.where(panel.observed, scores, np.nan)


@dataclass(kw_only=True, eq=False, repr=False)
class ScoresTheUnobserved(Healthy):
    """0 instead of "no opinion"."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        return state, np.nan_to_num(scores)


@dataclass(kw_only=True, eq=False, repr=False)
class LosesWarmDays(Healthy):
    """No opinion on days without viewing."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        return state, np.where(panel[self.measure] == 0, np.nan, scores)


@dataclass(kw_only=True, eq=False, repr=False)
class ForgetsOvernight(Healthy):
    """The state drops its oldest day whenever days are handed over."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        past = state["past"].copy()
        past[:, :1] = np.nan
        return {"past": past}, scores


@dataclass(kw_only=True, eq=False, repr=False)
class BlindToExposure(Healthy):
    """A holiday that lifts everybody counts as everybody's own shift."""

    def _history(self, state, panel):
        blind = panel.with_measures({})
        object.__setattr__(blind, "exposure", None)
        return super()._history(state, blind)


@dataclass(kw_only=True, eq=False, repr=False)
class SinglePrecision(Healthy):
    """float32 scores, whatever the panel."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        return state, scores.astype(np.float32)


@dataclass(kw_only=True, eq=False, repr=False)
class RoundsSmallFloats(Healthy):
    """A float32 panel is treated as one of half precision."""

    def _advance(self, state, panel):
        values = panel[self.measure]
        if values.dtype == np.float32:
            values = np.minimum(values, 6e4).astype(np.float16).astype(np.float32)
            panel = panel.with_measures({self.measure: values})
        return super()._advance(state, panel)


@dataclass(kw_only=True, eq=False, repr=False)
class KeepsAFunction(Healthy):
    """What was learned includes a closure, which neither pickles nor saves as an array."""

    def _fit(self, panel):
        super()._fit(panel)
        self.divide_ = lambda values: values / self.floor_


@dataclass(kw_only=True, eq=False, repr=False)
class FitSetsParameters(Healthy):
    """`fit` shortens the window to what the population has, for good."""

    def _fit(self, panel):
        self.window = min(self.window, panel.n_days // 4)
        super()._fit(panel)


@dataclass(kw_only=True, eq=False, repr=False)
class TakesAnything(Healthy):
    """Parameters are not checked."""

    def _fit(self, panel):
        self.weekday_, self.floor_ = np.ones(7), 1.0


@dataclass(kw_only=True, eq=False, repr=False)
class ScoresUnfitted(Healthy):
    """An unfitted detector makes do with guesses."""

    def _check_fitted(self):
        if not hasattr(self, "floor_"):
            self.weekday_, self.floor_ = np.ones(7), 1.0


@dataclass(kw_only=True, eq=False, repr=False)
class NeedsAWeek(Healthy):
    """Panels shorter than a week lose their columns."""

    def _advance(self, state, panel):
        state, scores = super()._advance(state, panel)
        return state, scores if panel.n_days >= 7 else scores[:, :0]


@dataclass(kw_only=True, eq=False, repr=False)
class CountsTheDaysBefore(Healthy):
    """An account is taken for older than it is: days before its first one count."""

    def _start(self, n_accounts):
        return super()._start(n_accounts) | {"age": np.zeros(n_accounts)}

    def _advance(self, state, panel):
        after, scores = super()._advance(state, panel)
        age = state["age"][:, None] + np.arange(1, panel.n_days + 1)
        return after | {"age": state["age"] + panel.n_days}, scores * np.minimum(age / 90, 1)


@dataclass(kw_only=True, eq=False, repr=False)
class ClaimsHindsight(Pelt):
    """An offline detector that claims to see no future."""

    claims: ClassVar[Claims] = ALL_FOUR


TWIN = Case(name="Healthy", detector=Healthy(), warm=35)

FAULTS: dict[type, str] = {
    BatchMinMax: "per_account",
    PooledSpread: "per_account",
    CentredWindow: "causal",
    KnowsTomorrow: "causal",
    ClaimsHindsight: "causal",
    NoFloor: "opinion",
    ScoresTheUnobserved: "opinion",
    LosesWarmDays: "opinion",
    SinglePrecision: "opinion",
    TinyFloor: "floor",
    FlippedSign: "surge",
    Folded: "monotone",
    LearnsWhileScoring: "pure",
    WritesIntoState: "pure",
    WritesIntoPanel: "pure",
    LeaksThroughAGlobal: "deterministic",
    Restless: "deterministic",
    RestlessFit: "deterministic",
    FitsOnTop: "deterministic",
    MissingIsZero: "missing",
    CountsTheDaysBefore: "late",
    ForgetsOvernight: "streaming",
    BlindToExposure: "exposure",
    RoundsSmallFloats: "precision",
    KeepsAFunction: "learned",
    FitSetsParameters: "parameters",
    TakesAnything: "parameters",
    ScoresUnfitted: "errors",
    NeedsAWeek: "edges",
}
"""Each planted fault to the check that is there to reject it."""
