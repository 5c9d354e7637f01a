"""Fields of an Arrow schema: what they may be."""

from typing import Any, TypeAlias

import numpy as np

from viewshift._checks import check_day
from viewshift.scale._arrow import pa

Day: TypeAlias = str | np.datetime64


def is_text(kind: Any) -> bool:
    """Whether a type is text, dictionary-encoded or not."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_number(kind: Any) -> bool:
    """Whether a type is a number; truth values are none."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def check_columns(schema: Any, account: str, *others: str) -> None:
    """Raise if a column is missing, or that of accounts neither text nor whole numbers."""
    for name in (account, *others):
        if name not in schema.names:
            have = ", ".join(map(repr, schema.names)) or "none"
            raise ValueError(f"the table must have a column {name!r}; it has {have}.")
    kind = schema.field(account).type
    if not (is_text(kind) or pa.types.is_integer(kind)):
        raise ValueError(f"column {account!r} must hold names of accounts, text or whole numbers, got {kind}.")


def check_span(since: Day | None, until: Day | None) -> None:
    """Raise if one is no day, or the last lies before the first."""
    first, last = (None if day is None else check_day(name, day) for name, day in (("since", since), ("until", until)))
    if first is not None and last is not None and last < first:
        raise ValueError(f"`until` must not lie before `since` ({first}), got {last}.")
