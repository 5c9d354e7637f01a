# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Calibration, and what it promises
#
# A score is no probability. This notebook shows why, how a rule makes one of it, what that promises, and where the
# promise ends. [How it works in detail](../docs/calibration.md), [all promises](../docs/promises.md).

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

import viewshift as vs
from viewshift.metrics import exceedance_ratios

# %% [markdown]
# Three groups of simulated viewers to whom nothing happened. The rule learns from the first; the second is like it;
# the third was built by a different mechanism. None of them is anybody.

# %%
reference = vs.simulate.viewers(500, 500, seed=1)
alike = vs.simulate.viewers(300, 500, seed=2)
different = vs.simulate.viewers(300, 500, seed=3, population="markov")
alike

# %% [markdown]
# ## What a textbook says
#
# The detector looks at the most episodes of any one show on a day. If its z-scores were normal, z > 3.09 would come
# on one day in a thousand. People pause for weeks and binge on weekends, so it comes far more often, and the more so
# the rarer it should be.

# %%
detector = vs.detectors.ZScore(measure="top_show_episodes").fit(reference)
textbook = -stats.norm.logsf(detector.score(alike)) / np.log(10)
exceedance_ratios(textbook)[["level", "days", "observed", "ratio", "low", "high"]]

# %% [markdown]
# ## What other people say
#
# `AlarmRule` asks instead: among ordinary days of *other* accounts, how many scored as high? Detector, calibration
# and threshold are learned out of fold, so that nobody is compared with a detector that has seen them.

# %%
rule = vs.AlarmRule(vs.detectors.ZScore(measure="top_show_episodes"), per_account_year=1).fit(reference)
rule

# %% [markdown]
# On new accounts of the same kind a surprise is now about as rare as it says. The band holds 95 % at each surprise by
# itself, and is wide where few days are left to count.

# %%
_ = vs.plots.exceedance(alike, rule).set_title("same kind of viewers", loc="right", fontsize="medium")

# %% [markdown]
# ## The dial
#
# A threshold on surprise turns days into alarms. It is set so that the reference raises the number that was dialled.
# `promise` says what came with it there: an interval, days in alarm, and how far single accounts lie apart.

# %%
rule.promise().to_frame("in the reference").round(3)

# %% [markdown]
# `audit` holds the promise against accounts that were not fitted on.

# %%
audit = rule.audit(alike)
print(audit.sentence)
vs.plots.audit(audit)

# %% [markdown]
# ## Where it ends: other people
#
# Calibration is a comparison. On viewers of another kind the answer is still about the first: here shows are watched
# in other runs, and the rate is off. By how much depends on what is measured; a z-score of all episodes carries over
# to these viewers to within a tenth or so. [Measured for all detectors](../docs/promises.md).

# %%
print(rule.audit(different).sentence)
_ = vs.plots.exceedance(different, rule).set_title("another kind of viewers", loc="right", fontsize="medium")

# %% [markdown]
# The remedy is a rule fitted on accounts such as those it will judge, and on enough of them: a threshold learned from
# 500 is itself uncertain, and came out at .89 here.

# %%
own = vs.AlarmRule(vs.detectors.ZScore(measure="top_show_episodes"), per_account_year=1)
own.fit(vs.simulate.viewers(1_000, 500, seed=4, population="markov"))
print(own.audit(different).sentence)

# %% [markdown]
# ## Where it ends: one account
#
# The dial is a mean over accounts. Had all the same rate, chance alone would leave many with none in a year; that
# they differ besides shows where more of them have several than chance allows.

# %%
alarms = rule.alarms(alike)
counts = alarms["account"].value_counts().reindex(alike.accounts, fill_value=0).clip(upper=4).to_numpy()
seen = np.bincount(counts, minlength=5) / len(counts)
expected = stats.poisson.pmf(np.arange(4), len(alarms) / alike.n_accounts)
expected = np.append(expected, 1 - expected.sum())
ax = plt.subplots(figsize=(6, 3.2), layout="constrained")[1]
ax.bar(np.arange(5) - 0.2, seen, 0.4, color="#5b9fd0", label="observed")
ax.bar(np.arange(5) + 0.2, expected, 0.4, color="#8c939c", label="chance alone, one rate for all")
ax.set_xticks(range(5), ["0", "1", "2", "3", "4+"])
ax.set(xlabel=f"alarms of an account in {alike.n_days} days", ylabel="share of accounts")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# ## What is never promised
#
# * A rate for one account, or for next week: days depend on each other, and after one surprising day another is
#   likely.
# * That an alarm is wrong or right. The reference's own binges are ordinary by definition, and count.
# * Anything about *why*. A holiday, an illness, a guest and a broken remote control look the same.

# %%
plt.close("all")
