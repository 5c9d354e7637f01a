"""The isolation forest on scale-free features of an account's recent days."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from viewshift._checks import check_choice, check_whole
from viewshift._typing import Direction, Floats, State
from viewshift.baselines.weekday import expected_factors, weekday_factors
from viewshift.conformal import PooledConformal
from viewshift.detectors._base import Claims, StreamingDetector, empty_past, in_groups
from viewshift.detectors._trailing import facing, spread_floor, with_past
from viewshift.kernels.forest import mean_depth, path_length, stacked
from viewshift.kernels.rolling import trailing_mean_std, window_mean
from viewshift.panel import Panel

LENGTHS = (1, 3, 7, 28)
"""Days over which recent viewing is averaged."""

GAP = max(LENGTHS) - 1
"""Days between baseline and scored day: the baseline ends before the longest of these begins."""

AT_ONCE = 100_000
"""Days of accounts, those before included, whose features are made at once, so that they stay near the processor."""

RANKED = 1_000_000
"""Account-days, at most, among which the rarity of a score is told."""

_SHARES = (("night_minutes", "minutes"), ("top_show_episodes", "episodes"))


@dataclass(kw_only=True, eq=False, repr=False)
class IsolationForest(StreamingDetector):
    r"""How few random cuts set a day apart from the population's days, in features free of the account's scale.

    With baseline mean m and standard deviation s over `window` days that end before the 28 latest, an account-day has
    the features: excess of its mean over the last 1, 3, 7 and 28 days, :math:`(\bar y_w - m) \sqrt w / \max(s, s_0)`;
    share of active days in the last 7 less that in the baseline; and with `shares` the parts of minutes watched at
    night and of episodes that belong to the day's top show, each over the last 7 days less its part in the baseline.
    The forest's own score, `isolation`, is

    .. math:: 2^{-E[h] / c(n)},

    h being the depth at which a tree grown on n random account-days isolates the day, and c(n) the mean depth of a
    binary search tree. The detector's score is how rare that is: -log10 of the share of the fitted account-days that
    are at least as isolated. Notices unusual combinations that no single feature shows. Its scores saturate: beyond the
    most extreme day of each tree's rows all days look alike, so the rarest alarms are ordered coarsely.

    Parameters
    ----------
    measure
        The measure whose excess is scored.
    shares
        Add the night and top-show features; the panel must then have minutes, night minutes, episodes and top-show
        episodes.
    window
        Days in the baseline, at least 2.
    n_trees
        Trees in the forest, at least 1.
    n_rows
        Account-days drawn for each tree, at least 2. The source's 256 know too little of rare days: forests of other
        seeds then alarm in longer or shorter runs, at rates that differ by a fifth.
    direction
        "up" counts only what lies above the baseline (features below it become 0), "down" only what lies below, "both"
        either.
    seed
        Seed of the drawn rows and the cuts, at least 0.

    Attributes
    ----------
    weekday_ : ndarray of shape (7,)
        Population factor of each weekday, Monday first.
    floor_ : float
        Smallest baseline spread used, in units of the measure.
    root_, feature_, threshold_, child_, depth_ : ndarray
        The trees, one after the other (see `viewshift.kernels.forest.mean_depth`).
    levels_ : int
        Edges from a root to the deepest leaf.
    scale_ : float
        c(n): mean depth of a tree grown on as many rows as each of these was.
    isolation_, log10_p_ : ndarray
        The forest's own score among the fitted account-days, and the common logarithm of the share at or above it.

    Notes
    -----
    Unobserved days are left out of means; a feature over fewer than half of its days is undefined, and a day with an
    undefined feature gives no opinion. A part of nothing (no minutes in 7 days) counts as no departure.

    The trees are grown by scikit-learn on at most ``n_trees * n_rows`` account-days of the fitted panel, pooled over
    accounts; `isolation` equals its own scores. More viewing on a day can lower the score: it may enter a denser
    region.

    Differs from the source: two forests grown on other account-days disagree about what a score means (alarm rates at
    one threshold differ), so it is returned as a rarity, which they agree about. Days are described by
    features relative to the account's own baseline, and one-sided directions cut these at 0.

    References
    ----------
    Liu, F. T., Ting, K. M. and Zhou, Z.-H. (2008). Isolation forest. ICDM '08, equations 1 and 2.
    doi:10.1109/ICDM.2008.17

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 200, seed=1)
    >>> vs.detectors.IsolationForest(n_trees=10).fit(viewers).score(viewers).shape
    (20, 200)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=False, streaming=True)
    cumulative: ClassVar[bool] = True
    measure: str = "episodes"
    shares: bool = False
    window: int = 112
    n_trees: int = 100
    n_rows: int = 2048
    direction: Direction = "up"
    seed: int = 0

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures that a panel must have."""
        return tuple(dict.fromkeys((self.measure, *(name for pair in self._pairs for name in pair))))

    @property
    def _pairs(self) -> tuple[tuple[str, str], ...]:
        return _SHARES if self.shares else ()

    def features(self, panel: Panel) -> Floats:
        """Return the features of each account-day, float32 ``(n_accounts, n_days, n_features)``, NaN where undefined.

        Parameters
        ----------
        panel
            Histories; accounts need not have been seen by `fit`.
        """
        self._check_fitted()
        self._check_measures(panel)
        return self._features(self._start(panel.n_accounts), panel)[1]

    def isolation(self, features: Floats) -> Floats:
        """Return the forest's own score of feature vectors, equation 2 of the source.

        Parameters
        ----------
        features
            Defined features, float32 of shape ``(n, n_features)``.
        """
        self._check_fitted()
        return self._isolation(features)

    def _fit(self, panel: Panel) -> None:
        from sklearn.ensemble import IsolationForest as Forest  # noqa: PLC0415  (takes a second)

        check_whole("window", self.window, least=2)
        check_whole("n_trees", self.n_trees, least=1)
        check_whole("n_rows", self.n_rows, least=2)
        check_choice("direction", self.direction, ("up", "down", "both"))
        rng = np.random.default_rng(check_whole("seed", self.seed, least=0))
        self.weekday_ = weekday_factors(panel, self.measure)
        start = self._start(panel.n_accounts)
        self.floor_ = spread_floor(self._baseline(with_past(start["excess"], self._deflated(panel))[1])[1])
        rows = self._features(start, panel)[1]
        rows = rows[~np.isnan(rows).any(axis=2)]
        if not len(rows):
            rows = np.zeros((1, rows.shape[1]), dtype=np.float32)
        drawn = rng.choice(len(rows), min(len(rows), self.n_trees * self.n_rows), replace=False)
        forest = Forest(
            n_estimators=self.n_trees, max_samples=min(self.n_rows, len(drawn)), random_state=int(rng.integers(2**32))
        ).fit(rows[drawn])
        self.root_, self.feature_, self.threshold_, self.child_, self.depth_, self.levels_ = stacked(
            [tree.tree_ for tree in forest.estimators_]
        )
        self.scale_ = float(path_length(np.array([forest.max_samples_]))[0])
        ranked = rows if len(rows) <= RANKED else rows[np.sort(rng.choice(len(rows), RANKED, replace=False))]
        rarity = PooledConformal.fit(self._isolation(ranked))
        self.isolation_, self.log10_p_ = rarity.scores, rarity.log10_p

    def _start(self, n_accounts: int) -> State:
        names = ("excess", *self.measures) if self.shares else ("excess",)
        return {name: empty_past(n_accounts, self.window + GAP)["past"] for name in names}

    def _deflated(self, panel: Panel) -> Floats:
        return panel[self.measure] / expected_factors(panel, self.weekday_)

    def _baseline(self, history: Floats) -> tuple[Floats, Floats]:
        return trailing_mean_std(history, self.window, GAP, max(2, self.window // 2))

    def _recent_and_usual(self, history: Floats) -> tuple[Floats, Floats]:
        """Return the means over the last 7 days and over the baseline."""
        n_days = history.shape[1] - self.window - GAP
        usual = window_mean(history[:, : n_days + self.window - 1], self.window, n_days, max(2, self.window // 2))
        return window_mean(history, 7, n_days, 4), usual

    def _features(self, state: State, panel: Panel) -> tuple[State, Floats]:
        after, history = {}, {}
        for name, past in state.items():
            values = self._deflated(panel) if name == "excess" else panel[name]
            after[name], history[name] = with_past(past, values)
        mean, std = self._baseline(history["excess"])
        spread = np.maximum(std, self.floor_)
        columns = [
            (window_mean(history["excess"], w, panel.n_days, (w + 1) // 2) - mean) * np.sqrt(w) / spread
            for w in LENGTHS
        ]
        active = np.where(np.isnan(history["excess"]), np.nan, history["excess"] > 0)
        recent, usual = self._recent_and_usual(active)
        columns.append(recent - usual)
        for part, whole in self._pairs:
            part_recent, part_usual = self._recent_and_usual(history[part])
            whole_recent, whole_usual = self._recent_and_usual(history[whole])
            columns.append(_ratio(part_recent, whole_recent) - _ratio(part_usual, whole_usual))
            columns[-1][(whole_recent == 0) | (whole_usual == 0)] = 0.0
        return after, self._one_sided(np.stack(columns, axis=2)).astype(np.float32)

    def _one_sided(self, features: Floats) -> Floats:
        return features if self.direction == "both" else np.maximum(facing(features, self.direction), 0.0)

    def _isolation(self, features: Floats) -> Floats:
        trees = self.root_, self.feature_, self.threshold_, self.child_, self.depth_
        depth = mean_depth(features, *trees, self.levels_)
        return np.asarray(2.0 ** -(depth / self.scale_ if self.scale_ > 0 else np.ones_like(depth)))

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        scores = np.full(panel.observed.shape, np.nan)
        after = {name: np.empty_like(past) for name, past in state.items()}
        for rows, before, part in in_groups(state, panel, AT_ONCE // (panel.n_days + self.window + GAP)):
            own, features = self._features(before, part)
            for name, past in own.items():
                after[name][rows] = past
            defined = ~np.isnan(features).any(axis=2)
            isolation = self._isolation(features[defined])
            beyond = np.maximum(isolation - self.isolation_[-1], 0.0)
            scores[rows][defined] = PooledConformal(self.isolation_, self.log10_p_).surprise(isolation) + beyond
        return after, scores


def _ratio(part: Floats, whole: Floats) -> Floats:
    ratio = np.full(part.shape, np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
