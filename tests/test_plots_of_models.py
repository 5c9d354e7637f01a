"""Pictures of calibration, power and segments show the numbers that the library computes."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot, rcParams
from matplotlib.colors import to_hex
from matplotlib.dates import date2num
from matplotlib.figure import Figure

import viewshift as vs
from viewshift.baselines import Predictive
from viewshift.metrics import exceedance_ratios, pit, pit_histogram, pit_intervals
from viewshift.plots._canvas import ALARM
from viewshift.plots._power import COLOURS, NEEDED

PANEL = vs.simulate.viewers(40, 300, seed=12)
RULE = vs.default_rule(per_account_year=1)
BASELINE = vs.default_baseline()


def draw(function, *args, **kwargs):
    ax = Figure().subplots()
    assert function(*args, ax=ax, **kwargs) is ax
    ax.figure.canvas.draw()
    return ax


def labels(ax):
    return ax.get_legend_handles_labels()[1]


def band(ax):
    """Lowest and highest y of the one filled band at each of its x."""
    (filled,) = [c for c in ax.collections if c.get_label().startswith("95 %")]
    x, y = filled.get_paths()[0].vertices.T
    return {at: (y[x == at].min(), y[x == at].max()) for at in np.unique(x)}


def panel_of(values, start="2023-01-01"):
    return vs.Panel({"episodes": np.atleast_2d(np.asarray(values, float))}, accounts=["me"], start=start)


def test_pit_draws_the_histogram_and_its_simultaneous_band():
    house = np.arange(40) // 2
    ax = draw(vs.plots.pit, PANEL, BASELINE, n_bins=8, groups=house)
    predicted, values = BASELINE.predict(PANEL), PANEL["episodes"].astype(float)
    (steps,) = [patch for patch in ax.patches if patch.get_label().startswith("observed")]
    assert steps.get_label() == "observed, 40 accounts, 12,000 days"
    np.testing.assert_allclose(steps.get_data().values, 8 * pit_histogram(predicted, values, n_bins=8))
    low, high = pit_intervals(predicted, values, n_bins=8, groups=house)
    np.testing.assert_allclose(band(ax)[0.0], [8 * low[0], 8 * high[0]])
    assert labels(ax)[0] == "95 % of samples, all bins at once"


def test_exceedance_of_a_rule_is_counted_over_promised_at_each_surprise():
    ax = draw(vs.plots.exceedance, PANEL, RULE)
    (curve,) = [line for line in ax.lines if line.get_label().startswith("observed")]
    reach = curve.get_xdata()
    assert (reach[0], reach[-1]) == (0.5, 3.25)  # 12,000 days promise 6.7 at 3.25 and 3.8 at 3.5
    table = exceedance_ratios(RULE.surprise(PANEL), tuple(10.0**-reach))
    np.testing.assert_array_equal(curve.get_ydata(), table["ratio"].where(table["ratio"] > 0))
    np.testing.assert_allclose([top for _, top in band(ax).values()], table["high"])


def test_exceedance_of_a_baseline_is_that_of_its_randomised_tail():
    ax = draw(vs.plots.exceedance, PANEL, BASELINE)
    (curve,) = [line for line in ax.lines if line.get_label().startswith("observed")]
    place = pit(BASELINE.predict(PANEL), PANEL["episodes"].astype(float))
    expected = [np.mean(1 - place <= 10**-s) / 10**-s for s in curve.get_xdata()]
    np.testing.assert_allclose(curve.get_ydata(), expected)


@pytest.mark.parametrize(("function", "model"), [(vs.plots.pit, BASELINE), (vs.plots.exceedance, RULE)])
def test_what_a_single_account_rests_on_is_said(function, model):
    together = draw(function, PANEL.take([0, 1]), model, groups=["home", "home"])
    for ax in (draw(function, PANEL.take([0]), model), together):
        assert labels(ax)[0].endswith("if days were independent")
    assert not labels(draw(function, PANEL.take([0, 1]), model))[0].endswith("independent")


@pytest.mark.parametrize(
    ("function", "model", "sentence"),
    [
        (vs.plots.pit, BASELINE, "`panel` must hold an observed day, got none in 1 accounts x 50 days"),
        (vs.plots.exceedance, RULE, "`panel` must hold a day with a surprise, got none in 1 accounts x 50 days"),
        (vs.plots.exceedance, BASELINE, "`panel` must hold a day with a surprise"),
    ],
)
def test_nothing_observed_is_said(function, model, sentence):
    with pytest.raises(ValueError, match=sentence):
        draw(function, panel_of(np.full(50, np.nan)), model)


def test_one_day_is_drawn():
    draw(vs.plots.pit, panel_of([3]), BASELINE)
    assert len(draw(vs.plots.exceedance, panel_of([3]), BASELINE).lines[1].get_xdata()) == 1
    draw(vs.plots.segments, panel_of([3]), vs.detectors.Pelt().fit(PANEL).segments(panel_of([3])))


def test_exceedance_refuses_what_has_no_surprise():
    with pytest.raises(TypeError, match="`model` must be a fitted AlarmRule or baseline, got Cusum"):
        draw(vs.plots.exceedance, PANEL, vs.detectors.Cusum())


def right_predictions(rng, n_accounts, n_days):
    """Predictions, and days drawn from them in stretches of five that share their luck."""
    shape = (n_accounts, n_days)
    mean = np.repeat(rng.lognormal(1.0, 0.5, (n_accounts, 1)), n_days, axis=1)
    prediction = Predictive(-np.expm1(-np.log1p(mean)), mean, np.ones(shape))  # geometric
    luck = np.repeat(rng.random((n_accounts, -(-n_days // 5))), 5, axis=1)[:, :n_days]
    return prediction, np.floor(np.log1p(-luck) / np.log(mean / (1 + mean)))


def test_band_of_the_pit_holds_right_predictions_all_at_once_though_days_depend_on_each_other():
    """At most 21 of 200 samples leave the band, else the level is above 5 % (p = .0005). Independent days would."""
    rng = np.random.default_rng(3)
    left = naive = 0
    for _ in range(200):
        prediction, values = right_predictions(rng, 30, 40)
        share = pit_histogram(prediction, values)
        low, high = pit_intervals(prediction, values)
        left += bool(((share < low) | (share > high)).any())
        one = pit_intervals(prediction, values, groups=np.zeros(30))
        naive += bool(((share < one[0]) | (share > one[1])).any())
    assert left <= 21 < naive


def test_band_of_the_pit_is_the_formula():
    """Eight accounts, two bins, whole days in a bin: by hand."""
    ones = np.ones((8, 4))
    prediction = Predictive(0.5 * ones, ones, ones)
    in_low, days = np.array([4, 0, 3, 1, 4, 0, 2, 1]), np.array([4, 4, 4, 4, 4, 4, 4, 3])
    values = np.where(np.arange(4) < in_low[:, None], 0.0, 50.0)
    values[-1, -1] = np.nan
    p = in_low.sum() / 31
    s = np.sqrt(8 / 7 * ((in_low - p * days) ** 2).sum()) / 31
    reach = 2.841244 * s  # Student's law with 7 degrees of freedom at .9875
    np.testing.assert_allclose(
        pit_intervals(prediction, values, n_bins=2), [[0.5 - reach] * 2, [0.5 + reach] * 2], 1e-6
    )
    assert np.isnan(pit_intervals(prediction, np.full((8, 4), np.nan))).all()
    alone = pit_intervals(prediction, values, n_bins=2, groups=["home"] * 8)
    np.testing.assert_allclose(alone[1][0], 0.5 + 2.241403 * np.sqrt(0.25 / 31), rtol=1e-6)


def curves():
    def row(k, name, scenario, strength, rate):
        value = 0.1 * k + 0.01 * strength
        return name, scenario, "episodes", strength, rate, value, value - 0.05, value + 0.05

    names = enumerate(["A", "B", "C"])
    rows = [
        row(k, name, scenario, x, rate)
        for k, name in names
        for scenario in ("marathon", "night_shift")
        for x in (16, 4, 8)
        for rate in (1.0, 0.25)
        if (name, scenario) != ("A", "night_shift")
    ]
    return pd.DataFrame(rows, columns=list(NEEDED))


def test_power_draws_each_detector_in_order_of_strength_with_its_band():
    ax = draw(vs.plots.power, curves(), scenario="marathon", rate=1.0)
    by_name = {line.get_label(): line for line in ax.lines}
    assert list(by_name["B"].get_xdata()) == [4, 8, 16]
    np.testing.assert_allclose(by_name["B"].get_ydata(), [0.14, 0.18, 0.26])
    bands = [area.get_paths()[0].vertices[:, 1] for area in ax.collections]
    assert (bands[1].min(), bands[1].max()) == pytest.approx((0.09, 0.31))
    assert (ax.get_xlabel(), ax.get_title(loc="left")) == ("episodes", "marathon, 1 alarm per account-year")


def test_a_detector_keeps_its_colour_where_another_failed():
    ax = draw(vs.plots.power, curves(), scenario="night_shift", rate=0.25)
    drawn = {line.get_label(): to_hex(line.get_color()) for line in ax.lines if len(line.get_label()) == 1}
    assert drawn == {"B": COLOURS[1], "C": COLOURS[2]}
    assert ax.get_title(loc="left") == "night shift, 0.25 alarms per account-year"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"rate": 1.0}, "`scenario` must be one of 'marathon', 'night_shift', got None"),
        ({"scenario": "marathon", "rate": 2.0}, r"`rate` must be one of 1\.0, 0\.25, got 2\.0"),
    ],
)
def test_power_asks_which_where_there_are_several(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        draw(vs.plots.power, curves(), **arguments)
    with pytest.raises(ValueError, match=r"`curves` must have the columns of `study\.power_curves`"):
        draw(vs.plots.power, curves().drop(columns="low"), scenario="marathon", rate=1.0)
    with pytest.raises(ValueError, match="`rate` must be one of none, got None"):
        draw(vs.plots.power, curves().head(0))


STEP = panel_of([1.0, 0.0] * 20 + [6.0, 4.0] * 20 + [np.nan] * 5)


def levels(ax):
    """Begin, end and height of each level."""
    (found,) = [c for c in ax.collections if c.get_label() == "level of the stretch"]
    return [(a[0], b[0], a[1]) for a, b in found.get_segments()]


def test_segments_of_pelt_are_levels_between_changes():
    found = vs.detectors.Pelt(cost="poisson").fit(STEP).segments(STEP)
    ax = draw(vs.plots.segments, STEP, found)
    day = date2num(STEP.days)
    assert levels(ax) == [(day[0], day[40], 0.5), (day[40], day[80], 5.0)]
    (change,) = [line.get_xdata()[0] for line in ax.lines if line.get_label() == "change"]
    assert change == day[40]
    (hidden,) = [patch for patch in ax.patches if patch.get_hatch()]
    assert (hidden.get_x(), hidden.get_width()) == (day[80], 5)


def test_segments_of_capa_are_anomalies_above_the_usual_level():
    panel = panel_of([1.0, 0.0] * 20 + [6.0, 4.0] * 5 + [0.0, 1.0] * 20)
    found = vs.detectors.Capa(cost="poisson").fit(panel).segments(panel)
    ax = draw(vs.plots.segments, panel, found)
    day = date2num(panel.days)
    assert levels(ax) == [(day[40], day[50], 5.0)]
    usual = {line.get_label(): line.get_ydata()[0] for line in ax.lines}
    assert usual == {"usual level": found["usual"][0]}
    (shade,) = [patch for patch in ax.patches if patch.get_label() == "anomaly"]
    assert (shade.get_x(), shade.get_width(), to_hex(shade.get_facecolor())) == (day[40], 10, ALARM)


def test_an_account_without_segments_is_drawn_without_levels():
    panel = panel_of(np.full(30, np.nan))
    for detector in (vs.detectors.Pelt(), vs.detectors.Capa()):
        ax = draw(vs.plots.segments, panel, detector.fit(STEP).segments(panel))
        assert labels(ax) == ["episodes", "not observed"]
    with pytest.raises(TypeError, match=r"`segments` must be a frame from .* got one with account, onset"):
        draw(vs.plots.segments, panel, pd.DataFrame({"account": [], "onset": []}))


def test_pyplot_stays_as_it_was_where_axes_are_given():
    pyplot.close("all")
    mine = pyplot.figure()
    current, settings = pyplot.gca(), dict(rcParams)
    found = vs.detectors.Pelt(cost="poisson").fit(STEP).segments(STEP)
    alarms = RULE.alarms(STEP)
    draw(vs.plots.calendar, STEP, alarms=alarms)
    draw(vs.plots.account, STEP, alarms=alarms)
    draw(vs.plots.surprise, STEP, RULE, alarms=alarms)
    draw(vs.plots.segments, STEP, found)
    draw(vs.plots.pit, PANEL, BASELINE)
    draw(vs.plots.exceedance, PANEL, RULE)
    draw(vs.plots.audit, RULE.audit(PANEL))
    draw(vs.plots.power, curves(), scenario="marathon", rate=1.0)
    assert pyplot.get_fignums() == [mine.number]
    assert pyplot.gcf() is mine
    assert pyplot.gca() is current
    assert not current.has_data()
    assert dict(rcParams) == settings
    pyplot.close("all")
