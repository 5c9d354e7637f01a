"""Scenarios in which nothing is wrong with any account: what should not be found."""

from viewshift.simulate import events
from viewshift.simulate.scenario import LASTING_DAYS, Scenario

CLEAN = Scenario(
    name="clean",
    intent="Nothing happens.",
    expect="Nothing beyond the dial.",
    strength=1,
    unit="none",
    duration=1,
    wrong=False,
    event=events.leave,
)
HOLIDAY = Scenario(
    name="holiday",
    intent="A long weekend of four days lifts everybody's viewing.",
    expect="Nothing: the cause is shared. Day factors take it away.",
    strength=2,
    strengths=(1.25, 1.5, 2, 3, 4),
    unit="times the former viewing",
    duration=4,
    wrong=False,
    onset="shared",
    event=events.multiply,
)
OUTAGE = Scenario(
    name="outage",
    intent="Five days were not recorded for anybody.",
    expect="Nothing: a day without a record is no day without viewing.",
    strength=1,
    unit="none",
    duration=5,
    wrong=False,
    onset="shared",
    event=events.lose,
)
HABITUAL_WEEKENDS = Scenario(
    name="habitual_weekends",
    intent="A habitual weekend binger who changes nothing: every Saturday and Sunday a show, from the first week on.",
    expect="Nothing, once there are some weeks to learn the habit from.",
    strength=6,
    strengths=(1.5, 3, 6, 9, 12),
    unit="more episodes on each day of a weekend",
    duration=LASTING_DAYS,
    wrong=False,
    lasting=True,
    onset="first",
    first_weekday=5,
    event=events.binge_weekends,
)
TIME_ZONE = Scenario(
    name="time_zone",
    intent="A move to the west, for good: by the old clock, which the record keeps, everything is watched hours later, "
    "half of it on the next day.",
    expect="Nothing: as much is watched as ever. A detector of night_minutes hears a night shift; the record should be "
    "read again with the new time zone.",
    strength=8,
    strengths=(1, 3, 5, 8, 11),
    most=24,
    unit="hours later",
    duration=LASTING_DAYS,
    wrong=False,
    lasting=True,
    needs=("episodes",),
    event=events.watch_later,
)
LOCKDOWN = Scenario(
    name="lockdown",
    intent="A lockdown lifts everybody's viewing for three months.",
    expect="Nothing: the cause is shared. Day factors take it away; without them what adds up days raises alarms.",
    strength=2,
    strengths=(1.25, 1.5, 2, 3, 4),
    unit="times the former viewing",
    duration=91,
    wrong=False,
    onset="shared",
    event=events.multiply,
)
