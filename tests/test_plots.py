"""Pictures show what the numbers say, each day in its place."""

import calendar as months_of_the_year
import datetime as dt
import inspect

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex, to_rgb
from matplotlib.dates import date2num, num2date
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

import viewshift as vs
from viewshift.plots._canvas import ALARM, LEVELS, MUTED, NOTHING


def draw(function, *args, **kwargs):
    ax = Figure().subplots()
    assert function(*args, ax=ax, **kwargs) is ax
    return ax


def panel_of(values, start="2023-01-01", name="me"):
    names = [name] if isinstance(name, str) else name
    return vs.Panel({"episodes": np.atleast_2d(np.asarray(values, dtype=float))}, accounts=names, start=start)


def alarm(onset, end, *, account="me", observed=5.0, low=None, high=None):
    days = {"onset": onset, "onset_low": low or onset, "onset_high": high or onset, "detected": onset, "end": end}
    return {"account": account, "observed": observed} | {name: pd.Timestamp(day) for name, day in days.items()}


def cells(ax, colour):
    """Column and row of the day cells of one colour."""
    found = [p for p in ax.patches if isinstance(p, PathPatch) and p.get_fill() and to_hex(p.get_facecolor()) == colour]
    corners = np.concatenate([patch.get_path().vertices.reshape(-1, 5, 2)[:, 0] for patch in found])
    return {(int(x), int(round(y - 0.06, 6))) for x, y in corners}


def lines(ax, colour):
    """Segments of the borders of one colour, one list per border."""
    found = [p for p in ax.patches if isinstance(p, PathPatch) and not p.get_fill()]
    return [p.get_path().vertices.reshape(-1, 2, 2) for p in found if to_hex(p.get_edgecolor()) == colour]


def test_calendar_puts_every_day_where_a_wall_calendar_has_it():
    """Against the weeks of Python's own `calendar`."""
    rng = np.random.default_rng(5)
    values = rng.choice([0.0, 1.0, 4.0], size=366)
    ax = draw(vs.plots.calendar, panel_of(values, "2024-01-01"))
    expected = {0.0: set(), 1.0: set(), 4.0: set()}
    weeks = months_of_the_year.Calendar().monthdatescalendar
    mondays = sorted({week[0] for month in range(1, 13) for week in weeks(2024, month)})
    for column, monday in enumerate(mondays):
        for row in range(7):
            day = monday + dt.timedelta(days=row)
            if day.year == 2024:
                expected[values[day.timetuple().tm_yday - 1]].add((column, row))
    assert {0.0: cells(ax, NOTHING), 1.0: cells(ax, LEVELS[0]), 4.0: cells(ax, LEVELS[2])} == expected


def test_calendar_starts_a_block_for_every_year():
    days = int((np.datetime64("2025-03-01") - np.datetime64("2016-11-20")).astype(int))
    ax = draw(vs.plots.calendar, panel_of(np.ones(days), "2016-11-20"))
    assert [text.get_text() for text in ax.get_yticklabels()] == [str(year) for year in range(2016, 2026)]
    assert len(cells(ax, LEVELS[0])) == days


@pytest.mark.parametrize("months", [3, 6])
def test_narrow_calendar_that_begins_late_in_a_year_names_the_year_of_every_block(months):
    ax = draw(vs.plots.calendar, panel_of(np.ones(731), "2023-08-01"), months=months)
    quarters = ["2023"] * 2 + ["2024"] * 4 + ["2025"] * 3
    assert [label.get_text() for label in ax.get_yticklabels()] == (quarters if months == 3 else quarters[::2])


def test_narrow_calendar_has_half_years_and_as_many_days():
    panel = panel_of(np.ones(400), "2023-05-10")
    wide, narrow = draw(vs.plots.calendar, panel), draw(vs.plots.calendar, panel, months=6)
    assert [text.get_text() for text in narrow.get_yticklabels()] == ["2023", "2023", "2024"]
    assert len(cells(narrow, LEVELS[0])) == len(cells(wide, LEVELS[0])) == 400
    assert max(x for x, _ in cells(narrow, LEVELS[0])) < 27 < max(x for x, _ in cells(wide, LEVELS[0]))


def test_one_year_keeps_colours_and_numbers_of_all():
    values = np.r_[np.full(365, 1.0), np.full(366, 4.0), np.full(30, 100.0)]
    panel = panel_of(values, "2023-01-01")
    found = pd.DataFrame(
        [alarm("2023-05-01", "2023-05-03"), alarm("2023-12-30", "2024-01-02"), alarm("2025-01-05", None)]
    )
    whole = draw(vs.plots.calendar, panel, alarms=found)
    ax = draw(vs.plots.calendar, panel, alarms=found, year=2024)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["2024"]
    (of_fours,) = [colour for colour in LEVELS if len(cells(whole, colour)) == 366]
    assert [len(cells(ax, colour)) for colour in LEVELS] == [366 if colour == of_fours else 0 for colour in LEVELS]
    assert [text.get_text() for text in ax.texts if text.get_color() == ALARM] == ["2"]
    with pytest.raises(ValueError, match="`year` must be one of the panel's, 2023 to 2025, got 2022"):
        draw(vs.plots.calendar, panel, year=2022)


def test_darker_days_had_more():
    values = np.arange(0, 40)
    ax = draw(vs.plots.calendar, panel_of(values))
    order = [cells(ax, colour) for colour in (NOTHING, *LEVELS)]
    position = {divmod(i + 6, 7): i for i in range(40)}  # 1 January 2023 was a Sunday
    drawn = [sorted(position[at] for at in level) for level in order]
    assert [day for level in drawn for day in level] == list(range(40))
    assert all(drawn)


def luminance(colour):
    channel = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], channel))


def test_levels_can_be_told_apart_without_colour():
    """Each step darkens by a contrast of at least 1.2 (WCAG 2 formula), so that hue is never needed."""
    shades = [luminance(colour) + 0.05 for colour in (NOTHING, *LEVELS)]
    assert min(np.divide(shades[:-1], shades[1:])) >= 1.2


def test_days_not_observed_are_hatched_and_not_zero():
    values = np.ones(60)
    values[10:25] = np.nan
    panel = panel_of(values)
    ax = draw(vs.plots.calendar, panel)
    hatched = [patch for patch in ax.patches if patch.get_hatch()]
    assert len(hatched[0].get_path().vertices) == 15 * 5
    assert len(cells(ax, LEVELS[0])) == 45
    timeline = draw(vs.plots.account, panel)
    (span,) = [patch for patch in timeline.patches if patch.get_hatch()]
    assert span.get_width() == 15
    assert num2date(span.get_x()).date() == dt.date(2023, 1, 11)


@pytest.mark.parametrize(("end", "days"), [("2023-01-06", 5), (None, 30)])
def test_an_alarm_is_outlined_from_onset_to_end_or_to_the_last_day(end, days):
    """Monday 2 January on: one column of up to 7 days; the perimeter of the days is known."""
    ax = draw(vs.plots.calendar, panel_of(np.ones(31)), alarms=pd.DataFrame([alarm("2023-01-02", end)]))
    (border,) = lines(ax, ALARM)
    inside = {divmod(i + 6, 7) for i in range(1, 1 + days)}
    perimeter = sum((x + dx, y + dy) not in inside for x, y in inside for dx, dy in ((0, 1), (1, 0), (0, -1), (-1, 0)))
    assert len(border) == perimeter
    assert border[..., 0].min() == 1


def test_months_are_parted():
    ax = draw(vs.plots.calendar, panel_of(np.ones(90)))
    (border,) = lines(ax, MUTED)
    names = [text.get_text() for text in ax.texts]
    assert [name for name in names if name in {"Jan", "Feb", "Mar"}] == ["Jan", "Feb", "Mar"]
    assert [[5.0, 2.0], [6.0, 2.0]] in border.tolist()  # above Wednesday 1 February, in the sixth week


def test_alarms_are_numbered_in_the_order_of_the_frame():
    found = pd.DataFrame(
        [alarm("2023-01-10", "2023-01-12"), alarm("2023-01-10", "2023-01-20"), alarm("2023-03-01", None)]
    )
    everything = pd.concat([found, pd.DataFrame([alarm("2023-02-01", None, account="you")])])
    ax = draw(vs.plots.calendar, panel_of(np.ones(90)), alarms=everything)
    assert [text.get_text() for text in ax.texts if text.get_color() == ALARM] == ["1, 2", "3"]
    timeline = draw(vs.plots.account, panel_of(np.ones(90)), alarms=everything)
    assert [text.get_text() for text in timeline.texts] == ["1", "2", "3"]


def test_timeline_has_bars_and_the_new_level():
    rng = np.random.default_rng(8)
    values = rng.poisson(2.0, size=200).astype(float)
    found = pd.DataFrame([alarm("2023-04-11", "2023-04-20", observed=7.5, low="2023-04-08", high="2023-04-12")])
    ax = draw(vs.plots.account, panel_of(values), alarms=found)
    (bars,) = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
    heights = bars.get_path().vertices.reshape(-1, 5, 2)[:, 2, 1]
    np.testing.assert_array_equal(heights, values[values > 0])
    (level,) = [line for line in ax.lines if set(line.get_ydata()) == {7.5}]
    start, end = (num2date(x).date() for x in level.get_xdata())
    assert (start, end) == (dt.date(2023, 4, 11), dt.date(2023, 4, 21))
    support = [line for line in ax.lines if line.get_linewidth() == 4]
    assert [num2date(x).date() for x in support[0].get_xdata()] == [dt.date(2023, 4, 8), dt.date(2023, 4, 13)]


def assert_expects(ax, baseline, panel):
    """The band and line are the baseline's quantiles and mean, each averaged over the week up to the day."""
    predicted = baseline.predict(panel)
    low, mean, high = (
        np.array([np.mean(row[max(0, day - 6) : day + 1]) for day in range(panel.n_days)])
        for row in (predicted.quantile(0.05)[0], predicted.mean[0], predicted.quantile(0.95)[0])
    )
    (band,) = ax.collections
    x, y = band.get_paths()[0].vertices.T
    noon = date2num(panel.days) + 0.5
    np.testing.assert_allclose([y[x == day].min() for day in noon], low, atol=1e-12)
    np.testing.assert_allclose([y[x == day].max() for day in noon], high)
    np.testing.assert_allclose({line.get_label(): line for line in ax.lines}["expected, 7-day mean"].get_ydata(), mean)
    assert ax.get_ylim()[1] > max(high.max(), np.nanmax(panel["episodes"]))


def test_band_is_what_the_shipped_baseline_predicted():
    values = np.random.default_rng(9).poisson(6.0, size=90).astype(float)
    values[30:50] = np.nan
    for panel in (panel_of(values), panel_of(np.zeros(40))):
        assert_expects(draw(vs.plots.account, panel), vs.default_baseline(), panel)


def test_band_is_what_a_given_baseline_predicted():
    counts = np.random.default_rng(10).negative_binomial(9, 0.5, size=(30, 200)).astype(float)
    baseline = vs.baselines.GammaPoisson().fit(panel_of(counts, name=np.arange(30).astype(str)))
    panel = panel_of(counts[3])
    assert baseline.predict(panel).quantile(0.05).min() > 0
    assert_expects(draw(vs.plots.account, panel, baseline=baseline), baseline, panel)


def test_no_band_where_the_shipped_baseline_is_of_another_measure():
    panel = vs.Panel({"minutes": np.ones((1, 60))}, accounts=["me"], start="2023-01-01")
    ax = draw(vs.plots.account, panel, measure="minutes")
    assert not ax.collections
    assert not ax.lines
    with pytest.raises(ValueError, match="`measure` must be one of 'episodes', got 'minutes'"):
        draw(vs.plots.account, panel, measure="minutes", baseline=vs.default_baseline())


def test_timeline_asks_the_rule_for_alarms():
    rule = vs.default_rule()
    values = np.tile([0.0, 1.0, 0.0, 0.0, 2.0, 1.0, 0.0], 60)
    values[300:307] = 26
    panel = panel_of(values)
    ax = draw(vs.plots.account, panel, rule=rule)
    assert len(ax.texts) == len(rule.alarms(panel)) == 1


def test_surprise_shows_the_threshold_and_the_days_above_it():
    rule = vs.default_rule(per_account_year=1)
    panel = vs.simulate.viewers(3, 500, seed=4)
    ax = draw(vs.plots.surprise, panel, rule, account=panel.accounts[1])
    values = rule.surprise(panel)[1]
    labelled = {line.get_label(): line for line in ax.lines}
    np.testing.assert_array_equal(labelled["surprise"].get_ydata(), values)
    assert set(labelled[f"threshold {rule.threshold_:.2f}"].get_ydata()) == {rule.threshold_}
    np.testing.assert_array_equal(labelled["day at or above it"].get_ydata(), values[values >= rule.threshold_])


def test_surprise_shades_the_alarms_it_is_given():
    found = pd.DataFrame([alarm("2023-02-01", "2023-02-04"), alarm("2023-03-01", None, account="you")])
    ax = draw(vs.plots.surprise, panel_of(np.ones(90)), vs.default_rule(), alarms=found)
    (span,) = [patch for patch in ax.patches if patch.get_label() == "alarm"]
    assert (num2date(span.get_x()).date(), span.get_width()) == (dt.date(2023, 2, 1), 4)


def test_story_is_days_above_surprise_with_the_same_alarms():
    rule = vs.default_rule()
    values = np.tile([0.0, 1.0, 0.0, 0.0, 2.0, 1.0, 0.0], 60)
    values[300:307] = 26
    panel = vs.Panel({"episodes": np.stack([np.zeros(420), values])}, accounts=["a", "b"], start="2023-01-01")
    both = tuple(Figure().subplots(2))
    above, below = vs.plots.story(panel, rule, account="b", ax=both)
    assert (above, below) == both
    own = panel.select(["b"])
    assert_expects(above, vs.default_baseline(), own)
    curve = {line.get_label(): line for line in below.lines}["surprise"].get_ydata()
    np.testing.assert_array_equal(curve, rule.surprise(own)[0])
    spans = [[patch for patch in ax.patches if patch.get_label() == "alarm"] for ax in both]
    (found,) = rule.alarms(own).to_dict("records")
    for (span,) in spans:
        assert num2date(span.get_x()).date() == found["onset"].date()
        assert span.get_width() == (found["end"] - found["onset"]).days + 1
    assert above.get_xlim() == below.get_xlim()


def test_story_draws_the_alarms_it_is_given():
    found = pd.DataFrame([alarm("2023-02-01", None), alarm("2023-03-01", None, account="you")])
    above, below = vs.plots.story(panel_of(np.ones(90)), vs.default_rule(), alarms=found)
    for ax in (above, below):
        (span,) = [patch for patch in ax.patches if patch.get_label() == "alarm"]
        assert num2date(span.get_x()).date() == dt.date(2023, 2, 1)
    assert [label.get_visible() for label in above.get_xticklabels()].count(True) == 0
    pyplot.close("all")


def test_pyplot_knows_no_figure_that_has_its_own_axes():
    pyplot.close("all")
    draw(vs.plots.calendar, panel_of(np.ones(30)))
    draw(vs.plots.account, panel_of(np.ones(30)))
    assert pyplot.get_fignums() == []
    vs.plots.calendar(panel_of(np.ones(30)))
    assert len(pyplot.get_fignums()) == 1
    pyplot.close("all")


def test_minutes_and_strange_names_are_drawn():
    panel = vs.Panel({"$mi_nutes$": np.linspace(0, 300, 90)[None, :]}, accounts=["<b>"], start="2023-01-01")
    figure = Figure()
    vs.plots.calendar(panel, measure="$mi_nutes$", ax=figure.subplots())
    figure.canvas.draw()
    assert figure.axes[0].get_legend().get_title().get_text() == r"\$mi nutes\$ a day"


@pytest.mark.parametrize("name", ["calendar", "account", "surprise", "story"])
def test_only_panel_and_rule_go_by_position(name):
    kinds = {p.name: p.kind for p in inspect.signature(getattr(vs.plots, name)).parameters.values()}
    by_position = [parameter for parameter, kind in kinds.items() if kind is not inspect.Parameter.KEYWORD_ONLY]
    assert by_position == ["panel", "rule"][: 2 if name in {"surprise", "story"} else 1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"account": "nobody"}, "'nobody'"),
        ({"account": None}, "`account` must name one of the panel's 2 accounts"),
        ({"account": "a", "measure": "minutes"}, "`measure` must be one of 'episodes'"),
        ({"account": "a", "months": 5}, "`months` must divide 12, got 5"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments, sentence):
    panel = vs.Panel({"episodes": np.ones((2, 9))}, accounts=["a", "b"], start="2023-01-01")
    with pytest.raises(ValueError, match=sentence):
        vs.plots.calendar(panel, **arguments)


@pytest.mark.parametrize("shape", [(0, 5), (1, 0)])
@pytest.mark.parametrize("name", ["calendar", "account", "surprise", "story"])
def test_an_empty_panel_is_refused(name, shape):
    panel = vs.Panel({"episodes": np.ones(shape)}, accounts=["me"][: shape[0]], start="2023-01-01")
    rule = (vs.default_rule(),) if name in {"surprise", "story"} else ()
    with pytest.raises(ValueError, match="`panel` must hold at least one account and one day, got Panel"):
        getattr(vs.plots, name)(panel, *rule)
    pyplot.close("all")


@pytest.mark.parametrize("values", [[3.0], [np.nan], np.full(50, np.nan)])
def test_one_day_and_nothing_observed_are_drawn(values):
    panel = panel_of(values)
    alarms = vs.default_rule().alarms(panel)
    above, _ = vs.plots.story(panel, vs.default_rule(), alarms=alarms, ax=tuple(Figure().subplots(2)))
    for ax in (above, draw(vs.plots.calendar, panel, alarms=alarms)):
        hatched = [patch for patch in ax.patches if patch.get_hatch() and len(patch.get_path().vertices)]
        assert bool(hatched) == bool(np.isnan(values).any())
        ax.figure.canvas.draw()
