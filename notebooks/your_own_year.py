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
# # Your own year
#
# From an export to explained alarms. Beside this notebook lies `NetflixViewingHistory.csv`, in the form in which
# Netflix hands out a profile's viewing activity. Viewer, shows and episodes are invented
# (`docs/make_sample_export.py` wrote it). Put your own export in its place, and its last day into `until`, and run
# everything again. [Which exports can be read](../docs/formats.md).

# %%
from datetime import timedelta

import matplotlib.pyplot as plt
import numpy as np
import polars as pl

import viewshift as vs
from viewshift.alarms import describe

# %% [markdown]
# ## Read
#
# The reader says what it read, what it left out and why, and which order of day and month it settled on. This export
# has no times, so days are local days as they stand.

# %%
events = vs.read("NetflixViewingHistory.csv")
events.report

# %%
events.table.select("date", "title", "show").head()

# %% [markdown]
# ## Days
#
# A `Panel` holds measures of accounts over days. `until` is the day of the export: silence up to then was observed. A
# day on which nothing was watched is 0; a day that nobody observed would be NaN.

# %%
panel = events.daily(until="2025-07-31")
panel

# %%
episodes = panel["episodes"][0]
active = episodes[episodes > 0]
print(f"{np.mean(episodes == 0):.0%} of days without an episode; on the others {np.median(active):.0f} at the median")

# %% [markdown]
# ## A rule
#
# A score gets its meaning from other accounts' scores: *surprise* is -log10 of the share of ordinary account-days
# that score as high. The default rule is shipped fitted, on simulated viewers, and says so. Its dial is the number of
# alarms that an ordinary account raises per year. [Why no z-score](calibration.ipynb).

# %%
rule = vs.default_rule(per_account_year=0.5)
rule

# %% [markdown]
# ## Alarms
#
# When it began and how sure that is, from which level to which, and by what factor the level probably moved.

# %%
alarms = rule.alarms(panel)
print(*describe(alarms), sep="\n")

# %% [markdown]
# The same as a table: since when, when the rule could first know, how it ended, and how rare it is.

# %%
alarms[["onset", "onset_low", "onset_high", "detected", "end", "status", "kind", "surprise", "extrapolated"]].T

# %% [markdown]
# ## Pictures
#
# The year as a calendar: weeks across, weekdays down, alarms outlined.

# %%
vs.plots.calendar(panel, alarms=alarms)

# %% [markdown]
# Day by day, over what was to be expected, and below it how surprising each day was. [What is drawn, and more
# pictures](../docs/gallery.md).

# %%
vs.plots.story(panel, rule, alarms=alarms)

# %% [markdown]
# ## What was watched
#
# The events of the week in which the most surprising alarm began name the cause, which no detector knows.

# %%
alarm = alarms.loc[alarms["surprise"].idxmax()]
since = alarm["onset"].date()
watched = events.table.filter(pl.col("date").is_between(since, since + timedelta(days=6)))
watched.group_by("show").len().sort("len", descending=True).head(3)

# %% [markdown]
# ## Turn the dial
#
# The same fit serves every dial. More alarms per year find smaller shifts, and more that mean nothing.

# %%
for dial in (0.25, 0.5, 1, 2, 4):
    print(f"{dial:>4} per year: {len(rule.at(dial).alarms(panel))} in {panel.n_days / 365.25:.1f} years")

# %% [markdown]
# ## How far to trust it
#
# * The dial holds over many accounts like the rule's reference, which is simulated. One account may differ.
# * Three days and fifteen episodes is a habit, and part of the reference.
# * An alarm says that days are unlike this account's earlier days. Why, you have to ask.
#
# [What is promised, what is not](../docs/promises.md).

# %%
plt.close("all")
