"""Every public detector, in every variant that computes differently: what the contract suite runs over.

A new detector costs one entry here. An exemption names the check and says in a sentence why it cannot hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

import numpy as np

from viewshift import baselines as vb
from viewshift import detectors as vd
from viewshift._typing import Direction

if TYPE_CHECKING:
    from viewshift.detectors import Detector

ALL_FOUR = vd.Claims(causal=True, per_account=True, monotone=True, streaming=True)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Case:
    """A detector with its parameters, and what the contract may expect of it."""

    name: str
    detector: "Detector"
    warm: int
    """A day whose `warm` days before it were all observed has a finite score."""
    surge_days: int = 1
    """How long an unmistakable surge must last to be seen."""
    surge_on: str = "realistic"
    """Kind of account on which the surge is put (a fall is put on heavy ones)."""
    exempt: Mapping[str, str] = field(default_factory=dict)
    """Name of a check to the reason why it does not apply."""

    def __repr__(self) -> str:
        return self.name


NULL_CONTROL = dict.fromkeys(
    ("surge", "floor", "missing", "exposure"), "a null control scores without looking at the values"
)
NEAR_ZERO = {
    "missing": "the sum rests near 0 on steady accounts, so zeros in its baseline barely show; -both covers it"
}
TWO_SIDED = {"monotone": "more viewing on a quiet day brings it closer to the usual"}
UNKNOWN = {"surge": "in its guard band a heavy account is unknown, and its first days are its most surprising"}
NEWCOMER = {"surge": "the first days of a heavy account, which nobody knew, are its most surprising"}
UNSURE = {
    (vb.Hurdle, "both"): {
        "surge": "one day without viewing is never as rare as a heavy account's rarest; -up and -down cover each side"
    },
    (vb.UsualLevel, "down"): {
        "exposure": "fuller days than usual have hardly a score downwards, with the fault or without; -both covers it"
    },
    (vb.UsualLevel, "both"): UNKNOWN,
}
FOCUS = {
    "up": {
        "missing": "the largest gain rests near 0 on steady accounts, so zeros barely show; -both covers it",
    },
    "down": {
        "exposure": "a misfit of the level weighs 32 times as much where 32 times as much is seen; -up covers it",
    },
    "both": TWO_SIDED,
}

CASES = [
    Case(name="Constant", detector=vd.Constant(), warm=0, exempt=NULL_CONTROL),
    Case(name="Random", detector=vd.Random(), warm=0, exempt=NULL_CONTROL),
    Case(name="ZScore", detector=vd.ZScore(), warm=35),
    Case(name="ZScore-down", detector=vd.ZScore(direction="down"), warm=35),
    Case(name="ZScore-both", detector=vd.ZScore(direction="both"), warm=35, exempt=TWO_SIDED),
    Case(name="ZScore-minutes", detector=vd.ZScore(measure="minutes", window=14, guard=0), warm=7),
    Case(name="RobustZ", detector=vd.RobustZ(), warm=35),
    Case(name="RobustZ-down", detector=vd.RobustZ(direction="down"), warm=35),
    Case(name="RobustZ-both", detector=vd.RobustZ(direction="both"), warm=35, exempt=TWO_SIDED),
    Case(name="RobustZ-minutes", detector=vd.RobustZ(measure="minutes", window=28, guard=0), warm=14),
    Case(name="Ears-C1", detector=vd.Ears(), warm=7),
    Case(name="Ears-C2", detector=vd.Ears(chart="C2"), warm=9),
    Case(
        name="Ears-C3",
        detector=vd.Ears(chart="C3"),
        warm=9,
        exempt={
            "missing": "most sums are 0, and stay so when zeros widen the baseline; -C2, which is summed, covers it"
        },
    ),
    Case(
        name="Farrington",
        detector=vd.Farrington(window=56),
        warm=35,
        surge_on="steady",  # a spell of viewing after weeks of none makes the dispersion enormous
    ),
    Case(
        name="Farrington-minutes",
        detector=vd.Farrington(measure="minutes", window=84, guard=0),
        warm=28,
        surge_on="steady",  # a spell of viewing after weeks of none makes the dispersion enormous
    ),
    *(
        Case(
            name=f"WindowSums-{direction}",
            detector=vd.WindowSums(windows=windows, half_lives=(30.0,), direction=direction),
            warm=windows[0] - 1,
            surge_days=7,
            exempt=TWO_SIDED | NEWCOMER if direction == "both" else {},
        )
        for direction, windows in (("up", (1, 3, 7)), ("down", (7,)), ("both", (2, 7)))
    ),
    Case(
        name="WindowSums-minutes",
        detector=vd.WindowSums(measure="minutes", windows=(1, 14), half_lives=(10.0, 60.0)),
        warm=0,
    ),
    Case(name="Cusum", detector=vd.Cusum(), warm=35, surge_days=14, exempt=NEAR_ZERO),
    Case(name="Cusum-uncapped", detector=vd.Cusum(cap=np.inf), warm=35, surge_days=14, exempt=NEAR_ZERO),
    Case(name="Cusum-down", detector=vd.Cusum(direction="down"), warm=35, surge_days=14),
    Case(name="Cusum-both", detector=vd.Cusum(direction="both"), warm=35, surge_days=14, exempt=TWO_SIDED),
    Case(name="Cusum-nb", detector=vd.Cusum(increments="nb"), warm=35, surge_days=14),
    Case(name="Cusum-nb-down", detector=vd.Cusum(increments="nb", direction="down"), warm=35, surge_days=14),
    Case(
        name="Cusum-nb-both",
        detector=vd.Cusum(increments="nb", direction="both"),
        warm=35,
        surge_days=14,
        exempt=TWO_SIDED,
    ),
    *(
        Case(
            name=f"Cusum-{increments}-on-UsualLevel-{direction}",
            detector=vd.Cusum(increments=increments, baseline=vb.UsualLevel(half_lives=(30.0,)), direction=direction),
            warm=0,
            surge_days=14,
            exempt=exempt,
        )
        for increments, direction, exempt in (
            ("normal", "up", NEAR_ZERO),
            ("normal", "both", TWO_SIDED | UNKNOWN),
            ("nb", "up", {}),
            ("nb", "down", {}),
        )
    ),
    *(
        Case(
            name=f"Ewma-{direction}",
            detector=vd.Ewma(baseline=vb.UsualLevel(half_lives=(30.0,)), direction=direction),
            warm=0,
            surge_days=14,
            exempt=TWO_SIDED if direction == "both" else {},
        )
        for direction in get_args(Direction)
    ),
    Case(name="Ewma-uncapped", detector=vd.Ewma(baseline=vb.GammaPoisson(), cap=np.inf, weight=0.3), warm=0),
    *(
        Case(
            name=f"ShiryaevRoberts-{increments}-{direction}",
            detector=vd.ShiryaevRoberts(
                increments=increments, baseline=vb.UsualLevel(half_lives=(30.0,)), direction=direction
            ),
            warm=0,
            surge_days=28,
            exempt=exempt,
        )
        for increments, direction, exempt in (
            ("nb", "up", {}),
            ("nb", "down", {}),
            ("nb", "both", TWO_SIDED | UNKNOWN),
            ("normal", "up", {}),
            ("normal", "both", TWO_SIDED),
        )
    ),
    Case(
        name="SurgeScan",
        detector=vd.SurgeScan(lengths=(1, 3, 10), baseline=vb.UsualLevel(half_lives=(30.0,))),
        warm=0,
        surge_days=10,
        surge_on="steady",  # what a day says is bounded, and a real-looking account's wildest week may say as much
    ),
    Case(
        name="SurgeScan-poisson",
        detector=vd.SurgeScan(lengths=(2, 14), additions=(1.0, 4.0, 12.0), size=np.inf),
        warm=2,
        surge_days=14,
        surge_on="steady",
    ),
    *(
        Case(
            name=f"PredictiveTail-{type(baseline).__name__}-{direction}",
            detector=vd.PredictiveTail(baseline=baseline, direction=direction),
            warm=0,
            exempt=(TWO_SIDED if direction == "both" else {}) | UNSURE.get((type(baseline), direction), {}),
        )
        for baseline in (vb.Hurdle(half_lives=(5.0, 30.0)), vb.UsualLevel(half_lives=(30.0,)), vb.GammaPoisson())
        for direction in get_args(Direction)
    ),
    Case(
        name="PredictiveTail-minutes",
        detector=vd.PredictiveTail(baseline=vb.Hurdle(measure="minutes", half_lives=(10.0, 60.0))),
        warm=0,
    ),
    *(
        Case(
            name=f"Pelt-{cost}-{direction}",
            detector=vd.Pelt(cost=cost, direction=direction),
            warm=0,
            surge_days=28,
            surge_on="steady",  # its gain is over the segment just before, and that may be a binge already
            exempt={"missing": "the fall that zeros make is dated on days without a score"}
            if direction == "down"
            else {},
        )
        for cost, direction in (("nb", "up"), ("nb", "down"), ("normal", "both"), ("poisson", "up"))
    ),
    *(
        Case(
            name=f"Pelt-{penalty}-{cost}",
            detector=vd.Pelt(cost=cost, penalty=penalty, autocorrelated=autocorrelated),
            warm=0,
            surge_days=28,
            surge_on="steady",  # its gain is over the segment just before, and that may be a binge already
        )
        for penalty, cost, autocorrelated in (("bic", "normal", True), ("mbic", "nb", True), ("mbic", "poisson", False))
    ),
    *(
        Case(
            name=f"{detector.__name__}-{direction}",
            detector=detector(direction=direction),
            warm=15,
            exempt={"missing": "on days that are no outliers the score is 0, whatever the history"}
            | ({"exposure": "fuller days are no outliers downwards, nor are others"} if direction == "down" else {}),
        )
        for detector in (vd.GeneralizedEsd, vd.SeasonalHybridEsd)
        for direction in get_args(Direction)
    ),
    *(
        Case(
            name=f"Capa-{cost}-{direction}",
            detector=vd.Capa(cost=cost, direction=direction),
            warm=0,
            surge_days=14,
            exempt={"missing": "days without viewing are anomalies downwards only, dated on days without a score"},
        )
        for cost, direction in (("nb", "up"), ("normal", "down"), ("poisson", "both"), ("poisson", "up"))
    ),
    *(
        Case(
            name=f"Focus-{family}-{direction}",
            detector=vd.Focus(baseline=vb.UsualLevel(half_lives=(30.0,)), family=family, direction=direction),
            warm=28,
            surge_days=14,
            exempt=FOCUS[direction],
        )
        for family in ("nb", "normal", "poisson")
        for direction in get_args(Direction)
    ),
    *(
        Case(
            name=f"Glr-{direction}",
            detector=vd.Glr(baseline=vb.UsualLevel(half_lives=(30.0,)), direction=direction),
            warm=28,
            surge_days=14,
            exempt={} if direction == "down" else FOCUS[direction],
        )
        for direction in get_args(Direction)
    ),
    Case(
        name="Glr-lasting",
        detector=vd.Glr(baseline=vb.GammaPoisson(), warm_up=0, window=28, shortest=5),
        warm=0,
        surge_days=14,
    ),
    *(
        Case(
            name=f"Bocpd-{model}-{direction}",
            detector=vd.Bocpd(model=model, direction=direction, longest=longest),
            warm=28,
            surge_days=14,
            surge_on="steady",  # a surge that follows a binge is weighed against a run that is hardly known
        )
        for model, direction, longest in (
            ("nb", "up", 365),
            ("nb", "down", 60),
            ("nb", "both", 365),
            ("normal", "up", 60),
            ("normal", "down", 365),
            ("poisson", "up", 365),
            ("poisson", "both", 60),
        )
    ),
    Case(
        name="Bocpd-minutes",
        detector=vd.Bocpd(measure="minutes", model="normal", recent=21, prune=0.0),
        warm=21,
        surge_days=14,
        surge_on="steady",  # see above
    ),
    Case(
        name="Bank",
        detector=vd.Bank(
            detectors=(vd.PredictiveTail(baseline=vb.UsualLevel(half_lives=(30.0,))), vd.Cusum(increments="nb")),
            shares=(0.4, 0.6),
        ),
        warm=0,
        surge_days=14,
    ),
    Case(
        name="Bank-down",
        detector=vd.Bank(detectors=(vd.ZScore(direction="down"), vd.Cusum(direction="down"))),
        warm=35,
        surge_days=14,
    ),
    *(
        Case(
            name=f"QuietScan-{measure}",
            detector=vd.QuietScan(measure=measure, longest=longest),
            warm=0,
            surge_days=14,
            exempt={
                "exposure": "with 32 times the viewing the same days are active; "
                "test_reference_quiet.py covers exposure below 1, which alone says something of them"
            },
        )
        for measure, longest in (("episodes", 56), ("minutes", 28))
    ),
    Case(
        name="IsolationForest",
        detector=vd.IsolationForest(n_trees=20),
        warm=84,
        surge_days=7,
        surge_on="steady",  # its scores end at a ceiling, which a real-looking account's wildest week may touch
    ),
    Case(
        name="IsolationForest-shares-down",
        detector=vd.IsolationForest(n_trees=30, shares=True, window=28, direction="down"),
        warm=42,
        surge_days=7,
        surge_on="steady",  # its scores end at a ceiling, which a real-looking account's wildest week may touch
    ),
    Case(
        name="IsolationForest-both",
        detector=vd.IsolationForest(n_trees=30, window=28, direction="both", seed=5),
        warm=42,
        surge_days=7,
        surge_on="steady",  # its scores end at a ceiling, which a real-looking account's wildest week may touch
    ),
]
