"""Letters: templates in the languages there are, checked before anything is written, and the mail made of them."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from os import PathLike
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import escape

from viewshift._checks import check_choice
from viewshift.checkin._contacts import Consent, Contact, usable_address
from viewshift.checkin._headers import POLICY
from viewshift.checkin._help_lines import help_lines
from viewshift.checkin._shifts import Shift

MEASURES = ("episodes", "minutes")
ELSE = "en"
"""Language of those whose own has no template."""

_SUBJECT = '{% import language ~ ".jinja" as words with context %}{{ words.subject }}'
_EXAMPLE_LINK = "https://example.org/out?who=0123456789abcdef&x=1"
_HOSTILE_NAME = 'A <u>name</u> & "more" {{ 7 * 7 }}'


class Letters:
    """Makes the letter about an alarm.

    Parameters
    ----------
    sender
        Who writes: an address, or a name and an address such as "The team <team@example.org>". Without it, drafts have
        no sender, and the mail program that opens them puts in its own.
    unsubscribe
        The https address by which one click ends the letters, with {token} in the place of the name that the ledger has
        for the account. Without it, letters ask for an answer instead, and are not sent.
    templates
        Folder of templates of your own: words of a language (es.jinja), and layouts (letter.txt.jinja,
        letter.html.jinja), in place of those that are shipped.
    measure
        What the levels of the alarms count: episodes or minutes.

    Raises
    ------
    ValueError
        If sender or link cannot be used, or a template fails on an example, or lacks the way out.
    """

    def __init__(
        self,
        *,
        sender: str | None = None,
        unsubscribe: str | None = None,
        templates: str | PathLike[str] | None = None,
        measure: str = "episodes",
    ) -> None:
        self.measure = check_choice("measure", measure, MEASURES)
        self.sender = None if sender is None else _checked_sender(sender)
        self.unsubscribe = None if unsubscribe is None else _checked_link(unsubscribe)
        self._environment = _environment(None if templates is None else Path(templates))
        found = self._environment.list_templates(filter_func=lambda name: re.fullmatch(r"\w+\.jinja", name) is not None)
        self.languages = [name.removesuffix(".jinja") for name in found]
        for language in self.languages:
            self._check(language)

    def language_of(self, contact: Contact) -> str:
        """Return the language in which somebody is written to.

        Parameters
        ----------
        contact
            Who.
        """
        wanted = re.split("[-_]", contact.language)[0]
        return wanted if wanted in self.languages else ELSE

    def letter(self, shift: Shift, contact: Contact, *, name: str, token: str, at: datetime) -> EmailMessage:
        """Return the mail about an alarm: text and HTML, the same to the byte whenever it is asked for.

        Parameters
        ----------
        shift
            The alarm.
        contact
            To whom, with an address.
        name
            Name of the alarm in the ledger, which becomes the Message-ID.
        token
            Name of the account in the link that ends the letters.
        at
            Time of the letter.
        """
        link = None if self.unsubscribe is None else self.unsubscribe.replace("{token}", token)
        subject, text, page = self._rendered(self.language_of(contact), contact, shift, link)
        mail = EmailMessage(policy=POLICY)
        if self.sender is not None:
            mail["From"] = self.sender
        mail["To"] = Address(contact.name or "", addr_spec=contact.address)
        mail["Subject"] = subject
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = f"<{name}@{self.sender.domain if self.sender else 'checkin.invalid'}>"
        mail["Auto-Submitted"] = "auto-generated"
        if link is not None:
            mail["List-Unsubscribe"] = f"<{link}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(text)
        mail.add_alternative(page, subtype="html")
        mail.set_boundary(f"={name}")
        return mail

    def _rendered(self, language: str, contact: Contact, shift: Shift, link: str | None) -> tuple[str, str, str]:
        known = help_lines().get(contact.country, [])
        locale = _locale(language, contact.country)
        context: dict[str, Any] = {
            "language": language,
            "direction": locale.text_direction,
            "locale": locale,
            "name": contact.name,
            "sender": self.sender.display_name if self.sender else "",
            "measure": self.measure,
            "before": shift.usual,
            "after": shift.observed,
            "since": shift.onset,
            "help_lines": known,
            "noted": min((line.noted for line in known), default=None),
            "unsubscribe": link,
        }
        try:
            subject = self._environment.from_string(_SUBJECT).render(context)
            text = self._environment.get_template("letter.txt.jinja").render(context)
            page = self._environment.get_template("letter.html.jinja").render(context)
        except (jinja2.TemplateError, AttributeError, ArithmeticError, TypeError, ValueError) as error:
            raise ValueError(_told(error, f"{language}.jinja")) from None
        return " ".join(subject.split()), re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", page

    def _check(self, language: str) -> None:
        """Raise if a letter in this language cannot be made, or lacks the way out, or takes a name for markup."""
        rise = Shift("a", date(2025, 5, 1), date(2025, 5, 2), None, "open", "surge", 4.0, 0.83, 3.92, is_clear=True)
        for name, country, link in ((None, "", None), (_HOSTILE_NAME, "DE", _EXAMPLE_LINK)):
            someone = Contact("a", "a@example.org", name, language, country, "UTC", Consent(True))
            subject, text, page = self._rendered(language, someone, rise, link)
            if not 0 < len(subject) <= 150:
                raise ValueError(f"`templates` must set a subject of 1 to 150 letters, not so in {language}.jinja.")
            if link is not None and (link not in text or str(escape(link)) not in page):
                raise ValueError("`templates` must show the link `unsubscribe` in both layouts, but do not.")
            if "<u>name" in page:
                raise ValueError("`templates` must not take a name for markup, but do.")


def _environment(folder: Path | None) -> jinja2.Environment:
    if folder is not None and not folder.is_dir():
        raise ValueError(
            f"`templates` must be a folder, found {'a file' if folder.exists() else 'nothing'} at {folder}."
        )
    loaders: list[jinja2.BaseLoader] = [] if folder is None else [jinja2.FileSystemLoader(folder)]
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.ChoiceLoader([*loaders, jinja2.PackageLoader("viewshift.checkin")]),
        autoescape=lambda name: name is not None and name.endswith(".html.jinja"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": _day, "number": _number, "wrapped": _wrapped}
    return environment


@jinja2.pass_context
def _day(context: Mapping[str, Any], day: date) -> str:
    return format_date(day, "long", locale=context["locale"])


@jinja2.pass_context
def _number(context: Mapping[str, Any], number: float) -> str:
    """Return a level in few digits: 0.8, 27."""
    return format_decimal(number, "0.0" if number < 9.95 else "#,##0", locale=context["locale"])


@jinja2.pass_environment
def _wrapped(environment: jinja2.Environment, text: str) -> str:
    return jinja2.filters.do_wordwrap(environment, text, 72, break_long_words=False, break_on_hyphens=False)


def _locale(language: str, country: str) -> Locale:
    """Return how days and numbers are written in a language, where a country has ways of its own in these."""
    try:
        return Locale.parse(f"{language}_{country}")
    except (UnknownLocaleError, ValueError):
        pass
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"`templates` must be named by languages such as es.jinja, got {language}.jinja.") from None


def _told(error: Exception, name: str) -> str:
    """Return a sentence on what is wrong with a template, and where."""
    place, trace = name, error.__traceback__
    while trace is not None:  # the innermost line of a template
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.suffix == ".jinja":
            place = f"{file.name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    if isinstance(error, jinja2.TemplateSyntaxError):
        place = f"{error.name}, line {error.lineno}"
    return f"`templates` must make a letter, but {place} does not: {error}."


def _checked_sender(sender: str) -> Address:
    name, address = parseaddr(sender) if sender.isprintable() else ("", "")
    if usable_address(address) is None:
        raise ValueError(f"`sender` must be an address such as 'The team <team@example.org>', got {sender!r}.")
    return Address(name, addr_spec=address)


def _checked_link(link: str) -> str:
    try:
        parts = urlsplit(link)
        usable = parts.scheme == "https" and bool(parts.hostname) and "{token}" not in parts.netloc
    except ValueError:
        usable = False
    if not usable or not re.fullmatch(r"[!#-;=?-~]{1,800}", link) or link.count("{token}") != 1:
        raise ValueError(
            "`unsubscribe` must be an https address with {token} in it, such as "
            f"'https://example.org/stop/{{token}}', got {link!r}."
        )
    return link
