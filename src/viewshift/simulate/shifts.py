"""Scenarios in which viewing shifts: what should be found."""

from dataclasses import replace
from functools import partial

from viewshift.simulate import events
from viewshift.simulate.scenario import LASTING_DAYS, Scenario

STORY = Scenario(
    name="story",
    intent="The story the project began with: a series of 188 episodes watched within one week.",
    expect="An alarm in the first days of the week.",
    strength=188,
    strengths=(12, 24, 47, 94, 188),
    unit="episodes within the week",
    duration=7,
    event=events.spread,
)
MARATHON = Scenario(
    name="marathon",
    intent="One day spent with one show.",
    expect="An alarm on the day itself.",
    strength=11,
    strengths=(4, 8, 11, 16, 24),
    unit="episodes on the day",
    duration=1,
    event=events.season,
)
WEEKEND_SEASON = Scenario(
    name="weekend_season",
    intent="A season watched over a Saturday and Sunday.",
    expect="An alarm on one of the two days, though weekends are busier anyway.",
    strength=24,
    strengths=(8, 16, 24, 32, 48),
    unit="episodes over the weekend",
    duration=2,
    first_weekday=5,
    event=events.season,
)
SURGE_3D = Scenario(
    name="surge_3d",
    intent="Three days in the grip of a show.",
    expect="An alarm within the three days.",
    strength=10,
    strengths=(2.5, 5, 10, 15, 20),
    unit="more episodes a day",
    duration=3,
    event=events.surge,
)
SURGE_7D = Scenario(
    name="surge_7d",
    intent="A week in the grip of a show.",
    expect="An alarm within the week.",
    strength=4,
    strengths=(1, 2, 4, 6, 8),
    unit="more episodes a day",
    duration=7,
    event=events.surge,
)
DRIFT_28D = Scenario(
    name="drift_28d",
    intent="Viewing creeps up over four weeks, from nothing more to twice the strength, and then falls back.",
    expect="An alarm within the four weeks, hardly in the first.",
    strength=2,
    strengths=(0.5, 1, 2, 3, 4),
    unit="more episodes a day, on average",
    duration=28,
    event=events.drift,
)
DOUBLED = Scenario(
    name="doubled",
    intent="Twice the viewing, for good: the account's own history comes on top, shifted by whole weeks.",
    expect="One alarm, which ends as lasting; days without viewing stay so, and hide much of it.",
    strength=2,
    strengths=(1.25, 1.5, 2, 3, 4),
    unit="times the former viewing",
    duration=LASTING_DAYS,
    lasting=True,
    event=events.multiply,
)
GOING_QUIET = Scenario(
    name="going_quiet",
    intent="Viewing nearly stops, for good.",
    expect="One alarm of a detector that looks down; one that looks up cannot raise it.",
    strength=0.9,
    strengths=(0.5, 0.7, 0.8, 0.9, 1),
    most=1,
    unit="share of days silenced",
    duration=LASTING_DAYS,
    lasting=True,
    event=events.go_quiet,
)
SECOND_VIEWER = Scenario(
    name="second_viewer",
    intent="The account is shared with a second viewer from some Monday on, for good: another simulated viewer's days "
    "come on top.",
    expect="One alarm, which ends as lasting. Who joins may watch a lot or hardly anything.",
    strength=1,
    strengths=(0.25, 0.5, 1, 2, 3),
    unit="more viewers",
    duration=LASTING_DAYS,
    lasting=True,
    first_weekday=0,
    event=events.join,
)
NIGHT_SHIFT = Scenario(
    name="night_shift",
    intent="The same viewing at other hours, for good: only the night minutes move.",
    expect="One alarm of a detector of night_minutes; one that reads episodes or minutes sees no change whatever.",
    strength=0.8,
    strengths=(0.2, 0.4, 0.6, 0.8, 1),
    most=1,
    unit="share of days watched by night",
    duration=LASTING_DAYS,
    lasting=True,
    needs=("minutes", "night_minutes"),
    event=events.turn_night,
)
COMFORT_REWATCH = Scenario(
    name="comfort_rewatch",
    intent="One film on each of 18 days, in the place of other titles: as many titles as usual, or one a day.",
    expect="An alarm within the 18 days of what adds up minutes, since a film is longer than an episode. What counts "
    "titles sees fewer binges than usual; that it is the same film no daily count shows.",
    strength=1,
    strengths=(0.25, 0.5, 0.75, 1),
    most=1,
    unit="share of days with the film",
    duration=18,
    needs=("episodes",),
    event=events.rewatch,
)
AROUND_THE_CLOCK = Scenario(
    name="around_the_clock",
    intent="A show runs around the clock for nine days.",
    expect="An alarm on the first day.",
    strength=20,
    strengths=(1.25, 2.5, 5, 10, 20),
    most=24,
    unit="hours a day",
    duration=9,
    event=events.run_on,
)
NEW_RELEASE = Scenario(
    name="new_release",
    intent="A new season lifts a cohort: three accounts in ten watch it, all within the same week, the others do not.",
    expect="An alarm within the week of each account that watches: its days depart from its own past. Alarms of the "
    "others are false. The cause is shared and harmless: with the cohort as a stratum, day factors take it away.",
    strength=28,
    strengths=(8, 16, 28, 40, 56),
    unit="episodes within the week",
    duration=7,
    onset="shared",
    share=0.3,
    event=events.season,
)
SLOW_RAMP = Scenario(
    name="slow_ramp",
    intent="Viewing climbs over eight weeks and stays there.",
    expect="One alarm within 60 days of the beginning, late rather than early; it ends as lasting.",
    strength=4,
    strengths=(1, 2, 4, 6, 8),
    unit="more episodes a day in the end",
    duration=LASTING_DAYS,
    lasting=True,
    event=events.climb,
)
COLD_START = replace(
    SURGE_7D,
    name="cold_start",
    intent="A week in the grip of a show, 14 days after the account's first day.",
    expect="An alarm within the week, of a detector that has an opinion after 14 days. Many have none.",
    setting=partial(events.begin_late, history=14),
)
AFTER_PAUSE = replace(
    SURGE_3D,
    name="after_pause",
    intent="Three days in the grip of a show, right after a pause of four weeks.",
    expect="An alarm within the three days, as without the pause; the pause itself should not alarm.",
    setting=partial(events.pause, length=28),
)
MISSING_DAYS = replace(
    SURGE_7D,
    name="missing_days",
    intent="A week in the grip of a show, while one day in five is missing from the record all along.",
    expect="An alarm within the week, somewhat less often than without the gaps; the gaps should not alarm.",
    setting=partial(events.lose_share, share=0.2),
)
TWO_BINGES = replace(
    SURGE_3D,
    name="two_binges",
    intent="Three days in the grip of a show, ten days as usual, and three days of the next show.",
    expect="Two alarms, one for each; an alarm that is still up from the first does not find the second.",
    offsets=(0, 13),
)
