"""`viewshift detect`: from an export to alarms in a terminal, a table or a page."""

import json
from functools import partial
from pathlib import Path

from viewshift import __version__
from viewshift._checks import check_choice
from viewshift._files import write_files
from viewshift.alarms import describe
from viewshift.cli.files import check_target, frame_table, write_table
from viewshift.cli.findings import Findings
from viewshift.cli.inputs import read_days
from viewshift.cli.terminal import remind, say, say_when_compiling, show
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
    out: Path | None,
) -> None:
    """Read an export, show its alarms, and write them if `out` is given."""
    say_when_compiling()
    if out is not None:
        check_target(out, ENDINGS, source=file)
    judge = default_rule() if rule is None else load_rule(rule)
    if per_account_year is not None:
        judge = judge.at(_rate(per_account_year))
    panel, report, warned = read_days(file, tz=tz, until=until, date_order=date_order, episodes=episodes)
    if account is not None:
        check_choice("account", account, panel.accounts.tolist())
        panel = panel.select([account])
    found = Findings(panel, judge, report, shipped=rule is None)
    show(found)
    remind(warned)
    if out is not None:
        write_files((out, partial(_write, found)))
        say(f"Written to {out}.")


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
        path.write_text(_as_json(found), encoding="utf-8")
    else:
        write_table(frame_table(found.alarms), path)


def _as_json(found: Findings) -> str:
    alarms = frame_table(found.alarms).fill_nan(None).to_dicts()
    for alarm, sentence in zip(alarms, describe(found.alarms, found.measure), strict=True):
        alarm["sentence"] = sentence
    content = {
        "viewshift": __version__,
        "file": found.report.source,
        "rows": found.report.rows,
        "kept": found.report.kept,
        "left_out": {part.reason: part.rows for part in found.report.left_out},
        "date_order": found.report.date_order,
        "tz": found.report.tz,
        "since": str(found.panel.days[0]),
        "until": str(found.panel.days[-1]),
        "reference": found.rule.reference,
        "per_account_year": found.rule.per_account_year,
        "account_years": found.years,
        "alarms_expected_by_chance": found.by_chance,
        "alarms": alarms,
    }
    return json.dumps(content, indent=2, default=str, ensure_ascii=False, allow_nan=False) + "\n"
