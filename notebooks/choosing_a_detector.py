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
# # Choosing a detector
#
# A detector ranks an account's days by how unlike its own past they are. Which one ranks best depends on what you
# look for: a day, some weeks, a new level, silence. [A page](../docs/detectors/choosing.md) answers in words; this
# notebook shows how to ask, on simulated viewers, and then on yours.

# %%
import matplotlib.pyplot as plt
import pandas as pd

import viewshift as vs

# %% [markdown]
# ## One viewer, three shifts
#
# Into an ordinary history go a day with twelve episodes more, a week with five more on each day, and four weeks with
# three more. Nobody knows such things of real people, hence a simulated one.

# %%
SHIFTS = {"one day, +12": (400, 1, 12), "a week, +5 a day": (500, 7, 5), "four weeks, +3 a day": (600, 28, 3)}
episodes = vs.simulate.viewers(43, 731, seed=6)["episodes"][42].astype(float)
for first, n_days, more in SHIFTS.values():
    episodes[first : first + n_days] += more
viewer = vs.Panel({"episodes": [episodes]}, accounts=["me"], start="2023-01-01")
vs.plots.calendar(viewer)

# %% [markdown]
# ## Equal terms
#
# Scores of two detectors cannot be compared: each has a scale of its own. Alarms can, if both raise equally many on
# ordinary accounts. `AlarmRule` sets each threshold so, here at two a year, on 300 other viewers to whom nothing
# happened.

# %%
DETECTORS = {
    "z-score of a day": vs.detectors.ZScore(),
    "EARS, on one week": vs.detectors.Ears(),
    "CUSUM": vs.detectors.Cusum(),
}
population = vs.simulate.viewers(300, 500, seed=1)
rules = {name: vs.AlarmRule(one, per_account_year=2).fit(population) for name, one in DETECTORS.items()}

# %%
rows = {}
for name, rule in rules.items():
    alarms, row = rule.alarms(viewer), {}
    detected = alarms["detected"].sort_values()
    for shift, (first, n_days, _) in SHIFTS.items():
        onset, end = pd.Timestamp(viewer.days[first]), pd.Timestamp(viewer.days[first + n_days - 1])
        within = detected[detected.between(onset, end)]
        row[shift] = f"on day {(within.iloc[0] - onset).days + 1}" if len(within) else "not found"
    row["other alarms"] = len(alarms) - sum(seen != "not found" for seen in row.values())
    rows[name] = row
pd.DataFrame(rows)

# %% [markdown]
# Nobody finds the four weeks at this rate: this viewer has such months without any shift. What each detector saw,
# surprise by day, and its threshold:

# %%
figure, axes = plt.subplots(len(rules), figsize=(10, 6), sharex=True, layout="constrained")
for ax, (name, rule) in zip(axes, rules.items(), strict=True):
    vs.plots.surprise(viewer, rule, ax=ax).set_title(name, loc="left", fontsize="medium")
    ax.get_legend().remove()

# %% [markdown]
# ## One viewer proves nothing
#
# A power curve asks many viewers: of the same shift at several strengths, how many are found beyond what chance
# finds? A study fits the rules, lays the shifts, counts, and draws accounts for the bands. This one is small, so its
# bands are wide; [the study](../docs/study.md) does it at length, over 24 scenarios.

# %%
curves = vs.study.power_curves(
    DETECTORS,
    ["marathon", "surge_7d"],
    seeds=[1],
    multiples=(0.5, 1, 2),
    n_accounts=100,
    n_days=500,
    n_reference=200,
    rates=(1.0,),
    progress=False,
)
curves.pivot_table("net_recall", ["scenario", "strength"], "detector", sort=False).round(2)

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout="constrained")
for ax, scenario in zip(axes, ("marathon", "surge_7d"), strict=True):
    vs.plots.power(curves, scenario=scenario, ax=ax)
axes[0].get_legend().remove()
_ = axes[1].set_ylabel("")

# %% [markdown]
# `marathon` is one day, `surge_7d` a week. Bands that overlap do not tell two detectors apart, and those that do not
# may still change places on other shifts: no detector wins everywhere. Choose by the shift that you would regret to
# miss.
#
# ## With hindsight
#
# Where a history is closed and no alarm is wanted on the day, a detector may look at the days that followed. `Pelt`
# cuts the days into stretches of constant mean. Here it sees busier and calmer months, of which the four weeks are
# part; the day and the week gain less than two changes cost.

# %%
pelt = vs.detectors.Pelt(penalty="bic", direction="both").fit(population)
vs.plots.segments(viewer, pelt.segments(viewer))

# %% [markdown]
# ## In short
#
# * If in doubt, the default rule: a scan over all lengths from a day to four weeks, and one for silence.
# * If you know the shift, a detector made for it, at a rate of alarms that you can bear.
# * Compare at equal rates, on many accounts, with bands. [How much each finds](../docs/power.md).
# * Simulated viewers are not yours: `viewshift compare --data FOLDER` asks the same of your own daily counts.

# %%
plt.close("all")
