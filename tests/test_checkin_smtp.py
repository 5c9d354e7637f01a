"""Sending to a real server in TLS: refusals, delays, lost connections and kills; exactly one message for each alarm."""

import asyncio
import io
import itertools
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

import viewshift as vs
from letters import LINK, NOON, SENDER, alarm, contact, made
from viewshift import cli

NAMES = ["ada", "ben", "cy", "dan", "eve"]


class Post:
    """A post office that does as its script says: address and stage to what happens there, one thing each time."""

    def __init__(self):
        self.received = []
        self.script = {}
        self.victim = None
        self.asked = Counter()

    async def _act(self, server, stage, address):
        self.asked[stage, address] += 1
        planned = self.script.get((address.partition("@")[0], stage), [])
        what = planned.pop(0) if planned else "ok"
        if what == "drop":
            server.transport.abort()
        elif what == "sleep":
            await asyncio.sleep(600)  # ended when the other side goes, however slow the machine
        elif what == "kill":
            os.kill(self.victim.pid, signal.SIGKILL)
            self.victim.wait()
        elif what != "ok":
            return what
        return None

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = await self._act(server, "rcpt", address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        (address,) = envelope.rcpt_tos
        self.received.append((address, envelope.content))
        answer = await self._act(server, "data", address)
        if answer is not None:
            self.received.pop()
        return answer or "250 OK"

    def counts(self):
        """Name to how many messages came, each counted by its Message-ID too."""
        return Counter(address.partition("@")[0] for address, _ in self.received)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def serving(authority, handler, *, implicit=False, tls=True, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    kinds = {"ssl_context": context} if implicit else {"tls_context": context, "require_starttls": True} if tls else {}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return Controller(
        handler, hostname="127.0.0.1", port=port, server_hostname="test", ready_timeout=60, **kinds, **options
    )


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def office(authority, post):
    controller = serving(authority, post)
    controller.start()
    yield controller
    controller.stop()


def server(controller, trusting, **options):
    settings = {"timeout": 60.0, "attempts": 3, "pause": 0.01, "context": trusting} | options
    return vs.checkin.Server(host="127.0.0.1", port=controller.port, **settings)


def sent(folder, where, names=NAMES, **options):
    """Send about the alarms of some names, the first first, and return the outcomes by account."""
    alarms = [alarm(name, surprise=9.0 - k) for k, name in enumerate(names)]
    with vs.checkin.Ledger(folder / "ledger.jsonl") as ledger:
        drafts = made(ledger, alarms, [contact(name) for name in names], **options)
        try:
            drafts.send(where, folder)
        finally:
            review = drafts.review.dropna(subset="id").set_index("account")["outcome"]
        return review.to_dict()


def test_each_alarm_makes_one_message_and_a_second_run_none(office, post, trusting, tmp_path):
    assert sent(tmp_path, server(office, trusting)) == dict.fromkeys(NAMES, "sent (250)")
    assert post.counts() == Counter(NAMES)
    assert (tmp_path / "review.csv").read_text(encoding="utf-8").count(",sent (250)\n") == 5
    assert sent(tmp_path, server(office, trusting)) == {}
    assert post.counts() == Counter(NAMES)
    content = post.received[0][1]
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in content
    assert b"X-Unsent" not in content


def test_lines_that_begin_with_a_dot_arrive_as_they_are(office, post, trusting, tmp_path):
    (tmp_path / "letter.txt.jinja").write_text(".\n..\n.x {{ unsubscribe }}\n", encoding="utf-8")
    letters = vs.checkin.Letters(sender=SENDER, unsubscribe=LINK, templates=tmp_path)
    sent(tmp_path, server(office, trusting), ["ada"], letters=letters)
    assert b"\r\n.\r\n..\r\n.x https" in post.received[0][1]


@pytest.mark.parametrize(
    ("script", "outcome", "received", "next_time"),
    [
        ({"rcpt": ["550 no such user"]}, "refused (550)", 0, {}),
        ({"data": ["554 not that"]}, "refused (554)", 0, {}),
        ({"rcpt": ["451 later"]}, "sent (250)", 1, {}),
        ({"data": ["452 full", "452 full"]}, "sent (250)", 1, {}),
        ({"rcpt": ["421 closing"]}, "sent (250)", 1, {}),
        ({"rcpt": ["drop"]}, "sent (250)", 1, {}),
        ({"rcpt": ["sleep"]}, "sent (250)", 1, {}),
        ({"rcpt": ["451 later"] * 3}, "failed (451)", 0, {"ben": "sent (250)"}),
        ({"data": ["451 later"] * 3}, "failed (451)", 0, {"ben": "sent (250)"}),
        ({"data": ["drop"]}, "unknown", 1, {}),
        ({"data": ["sleep"]}, "unknown", 1, {}),
    ],
)
def test_what_the_server_does_decides_what_is_tried_again(
    office, post, trusting, tmp_path, script, outcome, received, next_time
):
    post.script = {("ben", stage): list(acts) for stage, acts in script.items()}
    patience = 4.0 if ["sleep"] in script.values() else 60.0  # the others answer within it on a busy machine
    outcomes = sent(tmp_path, server(office, trusting, timeout=patience), NAMES[:3])
    assert outcomes == {"ada": "sent (250)", "ben": outcome, "cy": "sent (250)"}
    assert sent(tmp_path, server(office, trusting), NAMES[:3]) == next_time
    assert post.counts() == Counter({"ada": 1, "ben": received or len(next_time), "cy": 1})


def controller_settles(post, messages):
    """Wait until a slow server has taken what it was given."""
    for _ in range(60):
        if len(post.received) >= messages:
            return
        signal.sigtimedwait([], 0.05)


def test_an_unknown_outcome_is_repeated_only_if_asked_for_and_under_the_same_message_id(
    office, post, trusting, tmp_path
):
    post.script = {("ada", "data"): ["drop"]}
    assert sent(tmp_path, server(office, trusting), ["ada"]) == {"ada": "unknown"}
    assert sent(tmp_path, server(office, trusting), ["ada"], now=NOON + timedelta(days=1)) == {}
    assert sent(tmp_path, server(office, trusting), ["ada"], again=["unknown"]) == {"ada": "sent (250)"}
    ids = {
        next(line for line in content.splitlines() if line.startswith(b"Message-ID")) for _, content in post.received
    }
    assert len(post.received) == 2
    assert len(ids) == 1


def test_a_server_that_keeps_breaking_off_ends_the_run_and_the_next_one_goes_on(office, post, trusting, tmp_path):
    post.script = {("cy", "rcpt"): ["drop"] * 3}
    with pytest.raises(ValueError, match=r"breaks off, 3 times now .* 2 of 5 letters were sent; run again"):
        sent(tmp_path, server(office, trusting))
    assert sent(tmp_path, server(office, trusting)) == dict.fromkeys(NAMES[2:], "sent (250)")
    assert post.counts() == Counter(NAMES)


def test_pauses_double(office, post, trusting, tmp_path, monkeypatch):
    waited = []
    monkeypatch.setattr("viewshift.checkin._smtp.time", SimpleNamespace(sleep=waited.append))
    post.script = {("ada", "rcpt"): ["451 later"] * 4}
    sent(tmp_path, server(office, trusting, attempts=4, pause=2.0), ["ada"])
    assert waited == [2.0, 4.0, 8.0]


def test_nothing_is_sent_after_a_quiet_hour_has_begun(office, post, trusting, tmp_path, monkeypatch):
    clock = itertools.count(0.0, 1800.0)
    monkeypatch.setattr("viewshift.checkin._drafts.time", SimpleNamespace(monotonic=lambda: next(clock)))
    outcomes = sent(tmp_path, server(office, trusting), now=NOON.replace(hour=19))
    assert outcomes["ada"] == "sent (250)"
    assert outcomes["eve"] == "waits: a quiet hour has begun"
    assert 0 < len(post.received) < 5


def test_tls_from_the_first_byte_and_a_login(authority, post, trusting, tmp_path):
    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"team", b"secret"), handled=False)

    controller = serving(authority, post, implicit=True, authenticator=check, auth_require_tls=False)
    controller.start()
    try:
        where = server(controller, trusting, security="tls", user="team", password="secret")
        assert "secret" not in repr(where)
        assert sent(tmp_path, where, ["ada"]) == {"ada": "sent (250)"}
        wrong = server(controller, trusting, security="tls", user="team", password="guess")
        with pytest.raises(ValueError, match=r"refuses user and password \(535\)"):
            sent(tmp_path, wrong, ["ben"])
    finally:
        controller.stop()
    assert post.counts() == Counter(["ada"])


def test_nothing_goes_out_unencrypted_or_to_a_stranger(authority, office, post, trusting, tmp_path):
    with pytest.raises(ValueError, match="must have a certificate that can be verified"):
        sent(tmp_path, server(office, None), ["ada"])
    plain = serving(authority, post, tls=False)
    plain.start()
    try:
        with pytest.raises(ValueError, match="must offer STARTTLS, but does not; nothing was sent"):
            sent(tmp_path, server(plain, trusting), ["ada"])
        with pytest.raises(ValueError, match="cannot be reached"):
            sent(tmp_path, server(plain, trusting, security="tls"), ["ada"])
    finally:
        plain.stop()
    assert post.received == []
    lax = ssl.create_default_context()
    lax.check_hostname = False
    with pytest.raises(ValueError, match="`context` must verify certificate and host name"):
        server(office, lax)


def test_nobody_is_sent_a_letter_without_sender_or_way_out(office, post, trusting, tmp_path):
    for letters, missing in (
        (vs.checkin.Letters(sender=SENDER), "`unsubscribe` must be given"),
        (vs.checkin.Letters(unsubscribe=LINK), "`sender` must be given"),
    ):
        with pytest.raises(ValueError, match=missing):
            sent(tmp_path, server(office, trusting), ["ada"], letters=letters)
    assert post.received == []


def test_a_draft_is_sent_only_if_asked_for(office, post, trusting, tmp_path):
    with vs.checkin.Ledger(tmp_path / "ledger.jsonl") as ledger:
        made(ledger, [alarm("ada")], [contact("ada")]).save(tmp_path)
    assert sent(tmp_path, server(office, trusting), ["ada"]) == {}
    assert sent(tmp_path, server(office, trusting), ["ada"], again=["drafted"]) == {"ada": "sent (250)"}
    assert sent(tmp_path, server(office, trusting), ["ada"], again=["drafted"]) == {}


def test_the_command_sends_and_says_what_became_of_it(authority, post, tmp_path, monkeypatch, capsys):
    """The password comes from the environment, trust from the system; exit code 3 where a letter was refused."""
    passwords = []

    def check(server, session, envelope, mechanism, data):
        passwords.append(data.password)
        return AuthResult(success=True)

    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.chdir(tmp_path)
    fresh = {"detected": date.today()}
    pd.DataFrame([alarm(name) | fresh for name in NAMES[:2]]).to_csv("alarms.csv", index=False)
    pd.DataFrame([contact(name) for name in NAMES[:2]]).to_csv("contacts.csv", index=False)
    controller = serving(authority, post, implicit=True, authenticator=check, auth_require_tls=False)
    controller.start()
    words = ["viewshift", "checkin", "alarms.csv", "--contacts", "contacts.csv", "--out", "out", "--sender", SENDER,
             "--unsubscribe", LINK, "--smtp", f"127.0.0.1:{controller.port}", "--security", "tls", "--user", "team",
             "--quiet-hours", "00:00-00:00"]  # fmt: skip
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    post.script = {("ben", "rcpt"): ["550 no such user"]}
    try:
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert left.value.code == cli.BAD_INPUT
        assert "--user must come with a password in VIEWSHIFT_SMTP_PASSWORD" in capsys.readouterr().err
        monkeypatch.setenv("VIEWSHIFT_SMTP_PASSWORD", "secret")
        with pytest.raises(SystemExit) as left:
            cli.main()
    finally:
        controller.stop()
    printed = capsys.readouterr()
    assert (left.value.code, printed.err) == (cli.INCOMPLETE, "")
    assert "1 sent, 1 refused." in printed.out
    assert passwords == [b"secret"]
    assert post.counts() == Counter(["ada"])


KILLED = """
import ssl, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
import viewshift as vs
from test_checkin_smtp import sent
context = ssl.create_default_context(cafile=sys.argv[3])
sent(Path(sys.argv[1]), vs.checkin.Server(host="127.0.0.1", port=int(sys.argv[2]), context=context))
"""


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_a_kill_midway_and_another_run_make_one_message_for_each_alarm(
    office, post, trusting, authority, tmp_path, stage
):
    """Killed before the third message's text the next run sends it; killed before its answer, it is not repeated."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    post.script = {("cy", stage): ["kill"]}
    here = os.path.dirname(__file__)
    post.victim = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), str(office.port), str(tmp_path / "ca.pem"), here],
        stderr=subprocess.PIPE,
    )
    _, errors = post.victim.communicate(timeout=600)
    assert post.victim.returncode == -signal.SIGKILL, errors
    controller_settles(post, 2 + (stage == "data"))
    again = sent(tmp_path, server(office, trusting))
    assert again == dict.fromkeys(NAMES[2:] if stage == "rcpt" else NAMES[3:], "sent (250)")
    assert post.counts() == Counter(NAMES)
