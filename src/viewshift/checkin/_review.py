"""The review list: who is written to and why, who is left out and why, as a table and as a page."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from viewshift._spreadsheets import for_spreadsheets
from viewshift.checkin._choice import Case
from viewshift.checkin._ledger import Ledger
from viewshift.checkin._letters import Letters

COLUMNS = (
    "decision", "account", "reason", "detected", "since", "usual", "observed", "kind", "surprise",
    "address", "language", "country", "tz", "id", "token", "outcome",
)  # fmt: skip


def review_rows(
    cases: Sequence[Case], ledger: Ledger, letters: Letters, outcomes: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return a row for each alarm; addresses only of those who are written to.

    Parameters
    ----------
    cases
        From `choose`.
    ledger
        Which names the accounts in links.
    letters
        Which knows the languages.
    outcomes
        What became of letters, by name.
    """
    rows = []
    for shift, name, contact, left_out in cases:
        row: dict[str, Any] = dict.fromkeys(COLUMNS) | {
            "decision": "left out" if left_out else "write",
            "account": shift.account,
            "reason": left_out or "opted in, open, clear, and none of the limits reached",
            "detected": shift.detected,
            "since": shift.onset,
            "usual": shift.usual,
            "observed": shift.observed,
            "kind": shift.kind,
            "surprise": shift.surprise,
        }
        if contact is not None and not left_out:
            row |= {
                "address": contact.address,
                "language": letters.language_of(contact),
                "country": contact.country or None,
                "tz": contact.tz,
                "id": name,
                "token": ledger.token_of(shift.account),
                "outcome": outcomes.get(name),
            }
        rows.append(row)
    return rows


def review_files(
    rows: Sequence[Mapping[str, Any]], folder: Path, measure: str, notes: Sequence[str]
) -> list[tuple[Path, Callable[[Path], object]]]:
    """Return the files review.csv and review.html and what writes them.

    Parameters
    ----------
    rows
        From `review_rows`.
    folder
        Where they go.
    measure
        What the levels count.
    notes
        Sentences to put on the page.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("viewshift.checkin", "."), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    parts = {decision: [row for row in rows if row["decision"] == decision] for decision in ("write", "left out")}
    page = environment.get_template("review.html.jinja").render(
        write=parts["write"], left_out=parts["left out"], measure=measure, notes=notes
    )
    frame = pl.DataFrame({name: [row[name] for row in rows] for name in COLUMNS}, strict=False)
    return [
        (folder / "review.csv", lambda path: for_spreadsheets(frame).write_csv(path)),
        (folder / "review.html", lambda path: path.write_text(page, encoding="utf-8")),
    ]
