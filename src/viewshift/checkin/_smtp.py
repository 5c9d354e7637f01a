"""Sending: a server that is only spoken to in TLS, tried again where that is safe, and never where it is not."""

import re
import smtplib
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal, NamedTuple

from viewshift._checks import check_choice, check_positive, check_whole

Security = Literal["starttls", "tls"]
SECURITY = {"starttls": 587, "tls": 465}
"""Ways to TLS, and the ports at which servers usually offer them."""


class Outcome(NamedTuple):
    """What became of a letter: "sent", "refused", "failed" or "unknown", and the server's number, 0 if it gave none."""

    state: str
    code: int = 0


class UnreachableError(ValueError):
    """The server cannot be reached any more; what was to be sent next was not."""


class _LostError(Exception):
    """The connection was lost, and the server had not got the letter."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A mail server of yours, which is spoken to in TLS with a verified certificate, or not at all.

    Parameters
    ----------
    host
        Its name, as in its certificate.
    port
        Default 587 for STARTTLS, 465 for TLS from the first byte.
    security
        "starttls", or "tls" from the first byte.
    user, password
        If it asks for them.
    timeout
        Seconds to wait for an answer.
    attempts
        Times that a letter is tried: again after a 4xx answer, or a connection lost before its text was on its way.
    pause
        Seconds before the second attempt; doubled before each further one.
    context
        Whom to trust; default the certificates of the system.
    """

    host: str
    port: int | None = None
    security: Security = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    attempts: int = 4
    pause: float = 2.0
    context: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check_choice("security", self.security, tuple(SECURITY))
        check_whole("attempts", self.attempts, least=1)
        check_positive("timeout", self.timeout)
        check_positive("pause", self.pause)
        if (self.user is None) != (self.password is None):
            raise ValueError("`user` and `password` must be given together, got one of them.")
        trusted = self.context
        if trusted is not None and not (trusted.check_hostname and trusted.verify_mode == ssl.CERT_REQUIRED):
            raise ValueError("`context` must verify certificate and host name, but does not.")

    def deliver(
        self, letters: Iterable[tuple[str, EmailMessage]], intend: Callable[[str], None]
    ) -> Iterator[tuple[str, Outcome]]:
        """Send letters one by one, and yield the outcome of each before the next is begun.

        A letter is "unknown" if the connection broke after its text was begun and before the answer; such a letter is
        not tried again. It is "failed" if the server is known not to have taken it.

        Parameters
        ----------
        letters
            Name and letter; at most as many as are to be sent.
        intend
            Called with a letter's name right before its text goes on its way.

        Raises
        ------
        UnreachableError
            If the server cannot be reached, or the connection keeps breaking.
        ValueError
            If it does not offer TLS, its certificate cannot be verified, or it refuses user and password.
        """
        line = _Line(self)
        try:
            for name, letter in letters:
                yield name, self._deliver(line, name, letter, intend)
            line.take_leave()
        finally:
            line.close()

    def _deliver(self, line: "_Line", name: str, letter: EmailMessage, intend: Callable[[str], None]) -> Outcome:
        code = 0
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            try:
                outcome = line.hand_over(letter, lambda: intend(name))
            except _LostError as lost:
                line.close()
                code, why = 0, str(lost)
                continue
            code = outcome.code
            if outcome.state != "failed":
                return outcome
        if code:
            return Outcome("failed", code)
        raise UnreachableError(f"{self.host} cannot be reached, or breaks off, {self.attempts} times now ({why}).")


class _Line:
    """A connection that is opened when it is needed."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def hand_over(self, letter: EmailMessage, begin: Callable[[], None]) -> Outcome:
        """Hand a letter over, and return what the server says of it."""
        text = re.sub(rb"(?m)^\.", b"..", letter.as_bytes())
        with _losing():
            smtp = self._smtp = self._smtp or self._opened()
            recipient = letter["To"].addresses[0].addr_spec
            sender = letter["From"].addresses[0].addr_spec
            for command, awaited in ((f"MAIL FROM:<{sender}>", 2), (f"RCPT TO:<{recipient}>", 2), ("DATA", 3)):
                code, _ = smtp.docmd(command)
                if code // 100 != awaited:
                    return self._turned_down(smtp, code)
        begin()
        try:
            smtp.send(text + b".\r\n")
            code, _ = smtp.getreply()
        except (OSError, smtplib.SMTPException):
            self.close()
            return Outcome("unknown")
        if code == 250:
            return Outcome("sent", code)
        return self._turned_down(smtp, code)

    def take_leave(self) -> None:
        """End the conversation as servers like it."""
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()

    def close(self) -> None:
        """Close the connection, if there is any; the server need not answer."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.close()

    def _turned_down(self, smtp: smtplib.SMTP, code: int) -> Outcome:
        try:
            if code == 421:  # the server hangs up
                self.close()
            else:
                smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()
        return Outcome("refused" if code >= 500 else "failed", code)

    def _opened(self) -> smtplib.SMTP:
        server = self._server
        where = f"{server.host}:{server.port or SECURITY[server.security]}"
        with ExitStack() as stack:
            try:
                smtp = _connected(server)
                stack.callback(smtp.close)
                if server.security == "starttls":
                    smtp.starttls(context=_trust(server))
                smtp.ehlo_or_helo_if_needed()
                if server.user is not None and server.password is not None:
                    smtp.login(server.user, server.password)
            except ssl.SSLCertVerificationError as error:
                why = error.verify_message
                raise ValueError(f"{where} must have a certificate that can be verified: {why}.") from None
            except smtplib.SMTPNotSupportedError:
                what = "a login" if isinstance(smtp.sock, ssl.SSLSocket) else "STARTTLS"
                raise ValueError(f"{where} must offer {what}, but does not; nothing was sent.") from None
            except smtplib.SMTPAuthenticationError as error:
                if error.smtp_code < 500:
                    raise
                raise ValueError(f"{where} refuses user and password ({error.smtp_code}).") from None
            stack.pop_all()
        return smtp


def _connected(server: Server) -> smtplib.SMTP:
    port = server.port or SECURITY[server.security]
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, port, timeout=server.timeout, context=_trust(server))
    return smtplib.SMTP(server.host, port, timeout=server.timeout)


def _trust(server: Server) -> ssl.SSLContext:
    return server.context or ssl.create_default_context()


@contextmanager
def _losing() -> Iterator[None]:
    """Take whatever ends a connection as its loss."""
    try:
        yield
    except (OSError, smtplib.SMTPException) as error:
        raise _LostError(str(error) or "no answer") from None
