# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Writing a detector of your own
#
# A detector has one job: a number for every account-day, higher where the day is less like the account's own past. No
# threshold, no alarm; the rule does that. Here a new one is written, checked, calibrated and compared.

# %%
from dataclasses import dataclass
from typing import ClassVar

import matplotlib.pyplot as plt
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import viewshift as vs
from viewshift.detectors import Claims, StreamingDetector

# %% [markdown]
# ## The idea
#
# *A record week.* Compare the last seven days with the best seven days of the half-year before. The score is the
# logarithm of their quotient,
#
# $$ \log \frac{w_t + c}{\max_{s \le t - 7} w_s + c}, $$
#
# where $w_t$ sums the days $t-6..t$, and $c$, what accounts share, is the population's median week: it keeps the
# first episode after a long pause from being infinitely surprising.
#
# ## The code
#
# Parameters are fields of a keyword-only dataclass. `_fit` learns what accounts share, in names that end in an
# underscore. `_start` and `_advance` score day by day: all that is known of an account is its last days, and the
# state that is passed on stays as it was. NaN means *no opinion*: a day that was not observed, or too short a past.

# %%
WEEK = 7


@dataclass(kw_only=True, eq=False, repr=False)
class RecordWeek(StreamingDetector):
    """The last seven days against the best seven of the `memory` days before them."""

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    cumulative: ClassVar[bool] = True  # a score adds up several days
    measure: str = "episodes"
    memory: int = 182
    direction: ClassVar[str] = "up"

    def _fit(self, panel):
        weeks = sliding_window_view(np.nan_to_num(panel[self.measure].astype(np.float64)), WEEK, axis=1).sum(axis=2)
        active = weeks[weeks > 0]
        self.usual_week_ = float(np.median(active)) if active.size else 1.0

    def _start(self, n_accounts):
        return {"past": np.full((n_accounts, self.memory + WEEK - 1), np.nan)}

    def _advance(self, state, panel):
        history = np.concatenate([state["past"], panel[self.measure]], axis=1)
        days = sliding_window_view(history, WEEK, axis=1)
        weeks = np.where(np.isfinite(days), days, 0.0).sum(axis=2)
        known = np.isfinite(days).sum(axis=2) >= 4
        weeks = np.where(known, weeks, np.nan)
        before = sliding_window_view(weeks[:, :-WEEK], self.memory - WEEK + 1, axis=1)
        enough = np.isfinite(before).sum(axis=2) >= 28
        record = np.where(np.isfinite(before), before, -np.inf).max(axis=2)
        latest = weeks[:, self.memory :]
        with np.errstate(invalid="ignore"):
            score = np.log(latest + self.usual_week_) - np.log(np.maximum(record, 0) + self.usual_week_)
        score = np.where(enough & panel.observed, score, np.nan)
        return {"past": history[:, panel.n_days :].copy()}, score


# %% [markdown]
# ## Fit and score
#
# `fit` and `score` come from the base class, which checks panel and measures.

# %%
population = vs.simulate.viewers(300, 500, seed=1)
detector = RecordWeek().fit(population)
print("usual week:", detector.usual_week_)
panel, truth = vs.simulate.SCENARIOS["surge_7d"].sample(100, 500, seed=2)
scores = detector.score(panel)
print(f"{np.isfinite(scores).mean():.0%} of account-days have a score")

# %% [markdown]
# ## Are the claims true?
#
# Claims are proved, in the library by `tests/test_contract.py`. Four of its questions in their plainest form: do
# scores of a day depend on later days, on other accounts, on how many days are handed over at once? Does more viewing
# on a day ever lower its score?

# %%
few = panel.take(slice(0, 5))
scores = detector.score(few)
np.testing.assert_array_equal(detector.score(few.between(until=few.days[399])), scores[:, :400])  # causal
np.testing.assert_array_equal(detector.score(few.take([3])), scores[[3]])  # per account

state, one_by_one = detector.start(few.n_accounts), []
for day in few.days[:300]:
    state, score = detector.advance(state, few.between(day, day))
    one_by_one.append(score)
np.testing.assert_array_equal(np.hstack(one_by_one), scores[:, :300])  # streaming, to the bit

episodes = few["episodes"].copy()
episodes[:, 450] += 1
more = few.with_measures({"episodes": episodes, "top_show_episodes": few["top_show_episodes"]})
assert (detector.score(more)[:, 450] >= scores[:, 450]).all()  # monotone

# %% [markdown]
# ## Calibrate
#
# As with any other detector: the rule learns threshold and meaning of the scores from other accounts.

# %%
rule = vs.AlarmRule(RecordWeek(), per_account_year=1).fit(population)
vs.plots.exceedance(vs.simulate.viewers(200, 500, seed=3), rule)

# %% [markdown]
# Which of the planted weeks does it find? An alarm counts that opens while the week lasts. Here is the first of
# those.

# %%
alarms = rule.alarms(panel)
both = alarms.merge(truth.rename(columns={"onset": "begin", "end": "last"}), on="account")
found = both[both["detected"].between(both["begin"], both["last"])]
print(f"{len(found)} of {len(truth)} weeks found, and {len(alarms) - len(found)} other alarms")
vs.plots.story(panel, rule, account=found["account"].iloc[0], alarms=alarms)
found[["account", "begin", "last", "detected", "onset", "end"]].head(1)

# %% [markdown]
# ## Compare
#
# At equal rates of alarms, against one that is made for the same shift, and against `Random`, which finds what chance
# finds.

# %%
curves = vs.study.power_curves(
    {"record week": RecordWeek(), "CUSUM": vs.detectors.Cusum(), "random": vs.detectors.Random()},
    ["surge_7d"],
    seeds=[1],
    multiples=(0.5, 1, 2),
    n_accounts=100,
    n_days=500,
    n_reference=200,
    rates=(1.0,),
    progress=False,
)
vs.plots.power(curves)

# %% [markdown]
# ## Into the library
#
# What is missing for a detector of the library is what makes it trustworthy: one file
# (`src/viewshift/detectors/record_week.py`), one name in `__all__`, one entry in `tests/cases.py`, over which the
# contract suite then runs, and one page with its formula and when not to use it:
# [step by step](../docs/new_detector.md). Until it is there a rule on it works in memory, but `save` writes a file that
# `load_rule` refuses, since the class is unknown.

# %%
plt.close("all")
