"""What a panel of viewers looks like in figures, to hold simulated viewers against real ones."""

import numpy as np
from scipy.special import betainc, gammainc, ndtr

from viewshift._typing import Bools, Floats, Ints
from viewshift.kernels.ordered import trailing_median_mad
from viewshift.kernels.rolling import trailing_mean_std
from viewshift.panel import Panel

WINDOW = 56
LEVELS = (1e-2, 1e-3, 1e-4)
NO_SPREAD = 1e-6
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def panel_margins(panel: Panel) -> dict[str, float]:
    """Return the margins of daily viewing: zeros, active days, spread between accounts, persistence, runs, minutes.

    Parameters
    ----------
    panel
        Fully observed panel with the measures episodes, minutes and night_minutes.

    Returns
    -------
    Name of the quantity to its value.
    """
    y = panel["episodes"].astype(np.float64)
    minutes = panel["minutes"].astype(np.float64)
    active = y > 0
    found = {"zero_share": 1 - active.mean()}
    found |= _quantiles("zero_share_account", 1 - active.mean(axis=1), (0.1, 0.25, 0.5, 0.75, 0.9))
    found |= _quantiles("nb_size_account", _nb_size(y), (0.1, 0.25, 0.5, 0.75, 0.9))
    sizes = [_nb_size(row[row > 0][None] - 1)[0] for row in y]
    found |= _quantiles("nb_size_active_account", np.array(sizes), (0.1, 0.25, 0.5, 0.75, 0.9))
    found |= _quantiles("episodes_active", y[active], (0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999))
    found |= {f"active_days_from/{n}": (y[active] >= n).mean() for n in (2, 3, 5, 6, 8, 10, 15, 20)}
    found |= {f"autocorrelation/{k}": np.median(_autocorrelation(y, k)) for k in (1, 2, 3, 7, 14, 28, 56)}
    level = y.mean(axis=1)
    for day, name in enumerate(WEEKDAYS):
        found[f"weekday/{name}"] = np.median(y[:, panel.weekday == day].mean(axis=1) / level)
    found |= _quantiles("active_run", _runs(active), (0.5, 0.75, 0.9, 0.99))
    found |= _quantiles("idle_run", _runs(~active), (0.5, 0.75, 0.9, 0.99))
    found["minutes_mean"] = minutes.mean()
    found |= _quantiles("minutes_active", minutes[active], (0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999))
    found["night_share"] = panel["night_minutes"].sum(dtype=np.float64) / minutes.sum()
    return {name: float(value) for name, value in found.items()}


def exceedance_ratios(panel: Panel) -> dict[str, float]:
    """Return observed over nominal exceedance of four plain one-day-ahead p-values, the 56 days before as baseline.

    A p-value is P(Y >= y) under the baseline: a normal law with mean and standard deviation, or with median and
    1.4826 MAD, of the window; a Poisson law with its mean; a negative binomial law with its mean and variance
    (Poisson where the variance does not exceed the mean). Without spread (or without viewing) in the window, every
    excess counts as exceedance and no excess as none: such windows make most of the exceedances of median and MAD.

    Parameters
    ----------
    panel
        Panel with the measure episodes, longer than 56 days.

    Returns
    -------
    "exceedance_<method>/<level>" to the ratio.
    """
    values = np.ascontiguousarray(panel["episodes"], dtype=np.float64)
    y = values[:, WINDOW:]
    mean, std = trailing_mean_std(values, WINDOW, 0, WINDOW)
    median, mad = trailing_median_mad(values, WINDOW, 0, WINDOW)
    viewing, excess = y > 0, std**2 - mean
    size = mean**2 / np.where(excess > 0, excess, 1.0)
    poisson = np.where(viewing, gammainc(np.maximum(y, 1), mean), 1.0)
    wide = np.where(
        viewing, betainc(np.maximum(y, 1), np.maximum(size, NO_SPREAD), mean / (mean + size + NO_SPREAD)), 1
    )
    p_values = {
        "mean_sd": ndtr((mean - y) / np.maximum(std, NO_SPREAD)),
        "median_mad": ndtr((median - y) / np.maximum(1.4826 * mad, NO_SPREAD)),
        "poisson": poisson,
        "negative_binomial": np.where(excess > 0, wide, poisson),
    }
    names = ("1e-2", "1e-3", "1e-4")
    return {
        f"exceedance_{method}/{name}": float((p <= level).mean() / level)
        for method, p in p_values.items()
        for name, level in zip(names, LEVELS, strict=True)
    }


def session_margins(titles: Ints, same_show: Ints, view_minutes: Ints) -> dict[str, float]:
    """Return the margins of what happens within sessions.

    Parameters
    ----------
    titles
        How many sessions had 0, 1, 2, ... titles.
    same_show
        How many had 0, 1, 2, ... titles of the show they had most of.
    view_minutes
        How many views took 0, 1, 2, ... whole minutes.
    """
    found = _tally_quantiles("session_titles", titles, (0.5, 0.75, 0.9, 0.95, 0.99, 0.999))
    found |= _tally_quantiles("view_minutes", view_minutes, (0.1, 0.25, 0.5, 0.75, 0.9))
    at_least = same_show[::-1].cumsum()[::-1] / same_show.sum()
    found |= {f"sessions_same_show/{n}": float(at_least[n]) for n in (2, 3, 4, 5, 6, 8, 10)}
    found |= {f"continue_after/{n}": float(at_least[n + 1] / at_least[n]) for n in range(1, 11)}
    return found


def _tally_quantiles(name: str, tally: Ints, at: tuple[float, ...]) -> dict[str, float]:
    below = np.cumsum(tally) / tally.sum()
    return {f"{name}/{q}": float(np.searchsorted(below, q)) for q in at}


def _quantiles(name: str, values: Floats | Ints, at: tuple[float, ...]) -> dict[str, float]:
    return {f"{name}/{q}": float(v) for q, v in zip(at, np.quantile(values, at), strict=True)}


def _nb_size(y: Floats) -> Floats:
    mean, variance = y.mean(axis=1), y.var(axis=1)
    size: Floats = mean**2 / np.maximum(variance - mean, 1e-3)
    return size


def _autocorrelation(y: Floats, lag: int) -> Floats:
    centred = y - y.mean(axis=1, keepdims=True)
    both: Floats = (centred[:, lag:] * centred[:, :-lag]).sum(axis=1) / (centred**2).sum(axis=1)
    return both


def _runs(mask: Bools) -> Ints:
    """Return the lengths of the runs of True along each row."""
    edge = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    lengths: Ints = np.nonzero(edge == -1)[1] - np.nonzero(edge == 1)[1]
    return lengths
