"""`viewshift detect`: from an export to alarms in a terminal, a table or a page."""

from functools import partial
from pathlib import Path
from typing import Any

from viewshift import __version__
from viewshift._files import write_files
from viewshift.alarms import describe
from viewshift.cli.files import check_target, frame_table, write_table
from viewshift.cli.findings import Findings
from viewshift.cli.inputs import read_days, read_key, what_was_read
from viewshift.cli.terminal import answer, remind, say, say_when_compiling, show
from viewshift.cli.words import as_json
from viewshift.panel import Panel
from viewshift.readers import pseudonym
from viewshift.saved import default_rule, load_rule

ENDINGS = (".csv", ".json", ".html")


def detect(
    file: Path,
    *,
    tz: str | None,
    until: str | None,
    rule: Path | None,
    per_account_year: str | None,
    account: str | None,
    date_order: str | None,
    episodes: str | None,
    key_file: Path | None,
    out: Path | None,
    json: bool,
) -> None:
    """Read an export, show its alarms, and write them if `out` is given."""
    say_when_compiling()
    if out is not None:
        check_target(out, ENDINGS, source=file)
    judge = default_rule() if rule is None else load_rule(rule)
    if per_account_year is not None:
        judge = judge.at(_rate(per_account_year))
    key = read_key(key_file)
    panel, report, warned = read_days(file, tz=tz, until=until, date_order=date_order, episodes=episodes, key=key)
    if account is not None:
        panel = _only(panel, account if key is None else pseudonym(account, key))
    found = Findings(panel, judge, report, shipped=rule is None)
    if out is not None:  # before the output, which may be cut short
        write_files((out, partial(_write, found)))
    if json:
        answer(_content(found))
    else:
        show(found)
    remind(warned)
    if out is not None and not json:
        say(f"Written to {out}.")


def _only(panel: Panel, account: str) -> Panel:
    """Return one account; the names of the others are nobody's business."""
    if account not in panel.accounts.tolist():
        known = "the one account" if panel.n_accounts == 1 else f"one of the {panel.n_accounts:,} accounts"
        raise ValueError(
            f"`account` must be {known} in the file, letter by letter, got {account!r}; "
            "without it each account is judged, and viewshift daily --json lists them."
        )
    return panel.select([account])


def _rate(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"`per_account_year` must be a finite number above 0, got {text!r}.") from None


def _write(found: Findings, path: Path) -> None:
    if path.suffix.lower() == ".html":
        from viewshift.cli.page import page  # noqa: PLC0415 - figures take long to import

        path.write_text(page(found), encoding="utf-8")
    elif path.suffix.lower() == ".json":
        path.write_text(as_json(_content(found)), encoding="utf-8")
    else:
        write_table(frame_table(found.alarms), path)


def _content(found: Findings) -> dict[str, Any]:
    alarms = frame_table(found.alarms).fill_nan(None).to_dicts()
    for alarm, sentence in zip(alarms, describe(found.alarms, found.unit), strict=True):
        alarm["sentence"] = sentence
    return {
        "viewshift": __version__,
        **what_was_read(found.report, found.panel),
        "reference": found.rule.reference,
        "per_account_year": found.rule.per_account_year,
        "account_years": found.years,
        "alarms_expected_by_chance": found.by_chance,
        "alarms": alarms,
    }
