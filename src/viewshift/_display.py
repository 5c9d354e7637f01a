"""What a notebook shows of a panel, a rule, a monitor and a reading report: short tables in the page's own colours."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from viewshift._plain_text import number_of, plain

if TYPE_CHECKING:
    from viewshift.monitor import Monitor
    from viewshift.panel import Panel
    from viewshift.reading import ReadingReport
    from viewshift.rules import AlarmRule

_LEFT = Markup('style="text-align: left; vertical-align: top"')


def card(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """Return a heading and two columns as HTML; every text is escaped, control characters are replaced.

    Parameters
    ----------
    title
        The heading.
    rows
        Name and text of each row.
    """
    row = Markup("<tr><th {left}>{name}</th><td {left}>{text}</td></tr>")
    lines = Markup("").join(row.format(left=_LEFT, name=plain(name), text=plain(text)) for name, text in rows)
    return str(Markup("<div><strong>{}</strong><table>{}</table></div>").format(plain(title), lines))


def panel_card(panel: "Panel") -> str:
    """Return a panel's size, days and measures as HTML; no account is named.

    Parameters
    ----------
    panel
        Any.
    """
    seen = int(np.count_nonzero(panel.observed))
    rows = [("days", f"{panel.start} to {panel.days[-1]}" if panel.n_days else "none")]
    rows.append(("observed", f"{seen / max(1, panel.observed.size):.1%} of {panel.observed.size:,} account-days"))
    for name, values in panel.measures.items():
        total = float(np.sum(values, where=panel.observed, dtype=np.float64))
        most = float(np.max(values, where=panel.observed, initial=0))
        rows.append((name, f"{total / seen:,.2f} on an observed day, at most {most:,.6g}" if seen else "no day"))
    rows += [("exposure", "day factors")] * (panel.exposure is not None)
    return card(f"Panel of {number_of(panel.n_accounts, 'account')} x {number_of(panel.n_days, 'day')}", rows)


def rule_card(rule: "AlarmRule") -> str:
    """Return what a rule is made of and what it promises as HTML.

    Parameters
    ----------
    rule
        Fitted or not.
    """
    rows = [
        ("detector", repr(rule.detector)),
        ("alarms per account-year", f"{rule.per_account_year:g}"),
        ("fitted on", rule.reference),
    ]
    if hasattr(rule, "curve_"):
        kept = rule.promise()
        rows += [
            ("threshold", f"surprise {kept['threshold']:.2f}, one account-day in {10 ** kept['threshold']:,.0f}"),
            (
                "in the reference",
                f"{kept['per_account_year']:.2g} ({kept['low']:.2g}-{kept['high']:.2g}) alarms and "
                f"{kept['days_in_alarm']:.1f} days in alarm per account-year",
            ),
        ]
    rows += [
        ("an alarm closes", f"after {rule.quiet} quiet days, as lasting {rule.adapt_after} days after it was detected")
    ]
    return card("AlarmRule", rows)


def monitor_card(monitor: "Monitor") -> str:
    """Return how far a monitor has come as HTML; no account is named.

    Parameters
    ----------
    monitor
        Any.
    """
    rows = [
        ("accounts", f"{len(monitor.accounts):,}"),
        ("last day", str(monitor.last_day)),
        ("open alarms", f"{len(monitor.alarms()):,}"),
        ("detector", repr(monitor.rule.detector)),
        ("alarms per account-year", f"{monitor.rule.per_account_year:g}"),
    ]
    return card("Monitor", rows)


def report_card(report: "ReadingReport") -> str:
    """Return a reading report as HTML, with what its text says.

    Parameters
    ----------
    report
        Of any reader.
    """
    return card(f"{report.source}: {report.kind}", report.facts())
