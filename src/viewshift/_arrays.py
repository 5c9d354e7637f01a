"""What an array must be to become part of a Panel: each check raises one sentence that names place and remedy."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from viewshift._typing import Bools, Floats, Strings

S = TypeVar("S", bound=np.generic)


def floats(name: str, values: Any) -> Floats:
    """Return a measure as a 2-D float32 or float64 array, or raise if it is none."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"measure {name!r} must have shape (n_accounts, n_days), got ragged rows.") from None
    if np.iscomplexobj(array):
        raise TypeError(f"measure {name!r} must be numeric, got dtype {array.dtype}.")
    if array.dtype not in (np.float32, np.float64):
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            raise TypeError(f"measure {name!r} must be numeric, got dtype {array.dtype}.") from None
    if array.ndim != 2:
        raise ValueError(f"measure {name!r} must have shape (n_accounts, n_days), got {array.ndim} dimensions.")
    return array


def names_given(accounts: Any) -> Any:
    """Return names as they are, or raise if it is a single text or nothing to go through."""
    if isinstance(accounts, str) or not isinstance(accounts, Iterable):
        raise TypeError(f"`accounts` must be a list of names, got {accounts!r}.")
    return accounts


def check_names(names: Strings, n_rows: int) -> None:
    """Raise unless there is one name per row and none twice."""
    if len(names) != n_rows:
        raise ValueError(f"`accounts` must name each of the {n_rows} rows, got {len(names)} names.")
    unique, count = np.unique(names, return_counts=True)
    if (count > 1).any():
        raise ValueError(f"`accounts` must not repeat a name, got {str(unique[count > 1][0])!r} more than once.")


def observed_mask(
    arrays: Mapping[str, Floats], observed: Any, shape: tuple[int, ...], accounts: Strings, start: np.datetime64
) -> Bools:
    """Return the mask given, or the days on which all measures are not NaN; raise if shapes or measures disagree."""
    for name, values in arrays.items():
        if values.shape != shape:
            raise ValueError(f"measure {name!r} must have the shape {shape} of the others, got {values.shape}.")
    if observed is not None:
        mask = np.asarray(observed, dtype=bool)
        if mask.shape != shape:
            raise ValueError(f"`observed` must have the measures' shape {shape}, got {mask.shape}.")
        return mask
    first_name = next(iter(arrays))
    first = ~np.isnan(arrays[first_name])
    for name, values in arrays.items():
        differs = first == np.isnan(values)
        if differs.any():
            row, column = np.argwhere(differs)[0]
            missing, given = (name, first_name) if first[row, column] else (first_name, name)
            raise ValueError(
                f"measures must be known on the same days, got {given!r} without {missing!r} for account "
                f"{str(accounts[row])!r} on {start + column}; fill it in, or leave a measure out."
            )
    return first


def checked_measure(name: str, values: Floats, observed: Bools, accounts: Strings, start: np.datetime64) -> Floats:
    """Return a read-only copy of a measure, NaN where not observed; raise if an observed value is impossible."""
    wrong = observed & ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"measure {name!r} must be finite and at least 0 on observed days, "
            f"got {values[row, column]} for account {str(accounts[row])!r} on {start + column}."
        )
    if observed.all():
        return frozen(np.array(values, order="C"))
    return frozen(np.ascontiguousarray(np.where(observed, values, values.dtype.type(np.nan))))


def factors_or_none(name: str, values: Any, shape: tuple[int, ...], *, least: float) -> Floats | None:
    """Return a read-only copy of factors of the panel's shape, None for None; raise if one is below `least`."""
    if values is None:
        return None
    try:
        factors = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        factors = np.zeros(0)
    if factors.shape != shape or not (np.isfinite(factors) & (factors >= least)).all():
        rule = "above 0" if least < 1 else "of at least 1"
        raise ValueError(f"`{name}` must hold finite factors {rule} in the panel's shape {shape}.")
    return frozen(factors)


def frozen(array: NDArray[S]) -> NDArray[S]:
    """Return a read-only view."""
    view = array.view()
    view.flags.writeable = False
    return view
