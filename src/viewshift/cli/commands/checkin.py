"""`viewshift checkin`, as it is called."""

from pathlib import Path
from typing import Annotated

import typer

from viewshift.cli.options import Json

EXAMPLES = (
    "viewshift checkin alarms.csv --contacts contacts.csv --out checkin",
    "viewshift checkin alarms.csv --contacts contacts.csv --out checkin --review-only",
    "viewshift checkin alarms.csv --contacts contacts.csv --out checkin --sender 'The team <team@example.org>' "
    "--unsubscribe 'https://example.org/stop/{token}'",
)


def checkin(
    alarms: Annotated[
        Path,
        typer.Argument(
            metavar="ALARMS",
            show_default=False,
            exists=True,
            dir_okay=False,
            help="Alarms: a .csv or .json of detect --out, or their table in a .parquet.",
        ),
    ],
    contacts: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            show_default=False,
            exists=True,
            dir_okay=False,
            help="Who may be written to: account, address, opted_in, and perhaps name, language, country, tz.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="FOLDER", show_default=False, file_okay=False, help="Folder for drafts and review list."),
    ],
    ledger: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            show_default="ledger.jsonl in --out",
            help="Who was written to, when and why.",
        ),
    ] = None,
    sender: Annotated[
        str | None, typer.Option(metavar="ADDRESS", show_default=False, help="Who writes: 'Name <address>'.")
    ] = None,
    unsubscribe: Annotated[
        str | None,
        typer.Option(
            show_default=False, metavar="URL", help="Where one click ends the letters; https, with {token} in it."
        ),
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", show_default="shipped with viewshift", help="Folder of templates of your own."),
    ] = None,
    measure: Annotated[str, typer.Option(help="What the alarms count: episodes or minutes.")] = "episodes",
    cool_down: Annotated[int, typer.Option(help="Days after a letter in which the account gets no other.")] = 90,
    daily_cap: Annotated[int, typer.Option(help="Letters in 24 hours.")] = 50,
    max_age: Annotated[int, typer.Option(help="Days after which an alarm is too old to write about.")] = 14,
    quiet_hours: Annotated[
        str, typer.Option(help="When nobody is written to, in the person's time zone.")
    ] = "21:00-09:00",
    again: Annotated[
        list[str] | None,
        typer.Option(
            show_default=False,
            metavar="STATE",
            help="Write once more where a letter was drafted, unknown or refused; can be given several times.",
        ),
    ] = None,
    review_only: Annotated[bool, typer.Option("--review-only", help="Write the review list, and no drafts.")] = False,
    smtp: Annotated[
        str | None, typer.Option(show_default=False, metavar="HOST[:PORT]", help="Send by this server, in TLS.")
    ] = None,
    security: Annotated[str, typer.Option(help="How TLS begins: starttls, or tls from the first byte.")] = "starttls",
    user: Annotated[
        str | None,
        typer.Option(
            show_default=False, help="Name at the server; its password is VIEWSHIFT_SMTP_PASSWORD, or asked for."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write drafts to those who asked to be told when their viewing shifts; nothing is sent without --smtp."""
    from viewshift.checkin import Letters, Limits  # noqa: PLC0415
    from viewshift.cli import checkin as work  # noqa: PLC0415

    work.checkin(
        alarms,
        contacts=contacts,
        out=out,
        ledger=ledger,
        letters=Letters(sender=sender, unsubscribe=unsubscribe, templates=templates, measure=measure),
        limits=Limits(cool_down=cool_down, daily_cap=daily_cap, max_age=max_age, quiet_hours=quiet_hours),
        again=again or (),
        review_only=review_only,
        json=json,
        server=None if smtp is None else work.server_at(smtp, security, user),
    )
