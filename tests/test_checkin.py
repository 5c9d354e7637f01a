"""Check-ins: who is written to and who is not, what a letter says, and what the ledger remembers."""

import email
import json
import re
from datetime import date, datetime, timedelta
from email import policy
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import viewshift as vs
from letters import LINK, NOON, SENDER, alarm, contact, made, table
from viewshift.checkin._contacts import usable_address
from viewshift.checkin._help_lines import help_lines


@pytest.fixture
def ledger(tmp_path):
    with vs.checkin.Ledger(tmp_path / "ledger.jsonl") as opened:
        yield opened


def decided(drafts):
    """Account to why it is left out, "write" if it is not."""
    review = drafts.review
    reasons = review["reason"].where(review["decision"] == "left out", "write")
    return dict(zip(review["account"], reasons, strict=True))


def parsed(drafts, account="ada"):
    """The letter to an account, as a mail program reads it."""
    (found,) = (m for m in drafts.messages.values() if m["To"].addresses[0].addr_spec.startswith(account))
    return email.message_from_bytes(found.as_bytes(), policy=policy.default)


def bodies(drafts, account="ada"):
    mail = parsed(drafts, account)
    return [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]


@pytest.mark.parametrize(
    ("opted_in", "why_not"),
    [
        ("2025-05-12", None),
        (date(2025, 1, 31), None),
        (datetime(2025, 1, 31, 8), None),
        ("yes", None),
        ("TRUE", None),
        (True, None),
        (False, "did not opt in"),
        ("no", "did not opt in"),
        (None, "no consent on file"),
        (float("nan"), "no consent on file"),
        ("  ", "no consent on file"),
        ("maybe", "consent cannot be read"),
        ("31.01.2025", "consent cannot be read"),
        ("2025-02-30", "consent cannot be read"),
        ("yes please do not", "consent cannot be read"),
        (1, "consent cannot be read"),
        (20250131, "consent cannot be read"),
        ("2025-05-13", "opted in on 2025-05-13, after the alarm"),
        ("2025-06-01", "opted in on 2025-06-01, a day to come"),
    ],
)
def test_what_is_not_clearly_a_yes_is_a_no(ledger, opted_in, why_not):
    drafts = made(ledger, [alarm("ada")], [contact("ada", opted_in=opted_in)])
    assert decided(drafts) == {"ada": why_not or "write"}
    assert len(drafts.messages) == (why_not is None)


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_consent_is_read_alike_from_every_kind_of_file(ledger, tmp_path, ending):
    rows = [
        contact("ada"),
        contact("ben", opted_in="no"),
        contact("cy", opted_in=None),
        contact("=1+1", address="d@x.de"),
    ]
    frame, path = pl.DataFrame(rows), tmp_path / f"contacts.{ending}"
    if ending == "csv":
        frame = frame.with_columns(pl.col("account").replace("=1+1", "'=1+1"))
    getattr(frame, f"write_{ending}")(path)
    alarms = tmp_path / "alarms.csv"
    pl.DataFrame([alarm(name) for name in ("ada", "ben", "cy", "=1+1")]).write_csv(alarms)
    drafts = vs.checkin.drafts(alarms, path, ledger=ledger, now=NOON)
    assert decided(drafts) == {"ada": "write", "=1+1": "write", "ben": "did not opt in", "cy": "no consent on file"}


def test_one_address_gets_one_letter_a_day(ledger, tmp_path):
    alarms = [alarm("ada", surprise=4.0), alarm("ben", surprise=5.0), alarm("cy", surprise=3.0)]
    contacts = [contact("ada", address="Home@example.org"), contact("ben", address="home@example.org"), contact("cy")]
    wait = "another account of the same address was written to within a day"
    first = made(ledger, alarms, contacts)
    assert decided(first) == {"ben": "write", "cy": "write", "ada": wait}
    first.save(tmp_path)
    almost = made(ledger, alarms, contacts, now=NOON + timedelta(hours=23), again=["drafted"])
    assert decided(almost) == {"ben": "write", "cy": "write", "ada": wait}
    assert decided(made(ledger, alarms[:1], contacts, now=NOON + timedelta(hours=23))) == {"ada": wait}
    after = made(ledger, alarms, contacts, now=NOON + timedelta(hours=24, seconds=1))
    assert decided(after)["ada"] == "write"


def test_who_is_not_listed_or_listed_twice_is_not_written_to(ledger):
    contacts = [contact("ada"), contact("ada"), contact("ben", address="ben at home"), contact("cy")]
    drafts = made(ledger, [alarm(name) for name in ("ada", "ben", "cy", "dan")], contacts)
    assert decided(drafts) == {
        "cy": "write",
        "ada": "in the contacts more than once",
        "ben": "the address cannot be used",
        "dan": "not among the contacts",
    }


@pytest.mark.parametrize(
    ("cells", "why_not"),
    [
        ({"days_ago": 14}, "write"),
        ({"days_ago": 15}, "detected on 2025-04-30, more than 14 days ago"),
        ({"days_ago": -2}, "detected on 2025-05-17, a day to come"),
        ({"status": "closed", "end": date(2025, 5, 14)}, "over since 2025-05-14"),
        ({"status": "lasting"}, "has become usual"),
        ({"usual": None, "ratio": None}, "nothing is known of the time before"),
        ({"ratio": 0.7}, "it is not clear which way viewing changed"),
        ({"usual": 0.0, "ratio": None}, "write"),
        ({"kind": "quiet", "usual": 4.0, "observed": 0.1, "ratio": 0.1}, "write"),
    ],
)
def test_only_alarms_that_are_open_fresh_and_clear_are_written_about(ledger, cells, why_not):
    assert decided(made(ledger, [alarm("ada", **cells)], [contact("ada")])) == {"ada": why_not}


def test_an_account_rests_for_the_cool_down_and_no_longer(ledger, tmp_path):
    made(ledger, [alarm("ada")], [contact("ada")]).save(tmp_path)
    for later, written in ((timedelta(days=89, hours=23), False), (timedelta(days=90), True)):
        second = alarm("ada", days_ago=3 - later.days)
        drafts = made(ledger, [second], [contact("ada")], now=NOON + later)
        assert (len(drafts.messages) == 1) == written, decided(drafts)
    assert decided(drafts)["ada"] == "write"
    soon = made(ledger, [alarm("ada", days_ago=-6)], [contact("ada")], now=NOON + timedelta(days=7))
    assert decided(soon) == {"ada": "written to on 2025-05-15, less than 90 days ago"}
    assert decided(
        made(ledger, [alarm("ada", days_ago=-6)], [contact("ada")], now=NOON + timedelta(days=7), cool_down=7)
    ) == {"ada": "write"}


def test_two_alarms_of_one_account_make_one_letter(ledger):
    drafts = made(ledger, [alarm("ada", surprise=3.0), alarm("ada", days_ago=1, surprise=6.0)], [contact("ada")])
    assert drafts.review["detected"].tolist() == [date(2025, 5, 14), date(2025, 5, 12)]
    assert drafts.review["decision"].tolist() == ["write", "left out"]


def test_the_cap_counts_24_hours_and_takes_the_most_surprising_first(ledger, tmp_path):
    names = [f"a{k}" for k in range(5)]
    alarms = [alarm(name, surprise=float(k)) for k, name in enumerate(names, start=2)]
    contacts = [contact(name) for name in names]
    first = made(ledger, alarms, contacts, daily_cap=2)
    assert [name for name, reason in decided(first).items() if reason == "write"] == ["a4", "a3"]
    first.save(tmp_path)
    almost = made(ledger, alarms, contacts, daily_cap=3, now=NOON + timedelta(hours=23))
    assert [name for name, reason in decided(almost).items() if reason == "write"] == ["a2"]
    assert decided(almost)["a1"] == "the daily cap of 3 letters is reached"
    after = made(ledger, alarms, contacts, daily_cap=3, now=NOON + timedelta(hours=24, seconds=1))
    assert [name for name, reason in decided(after).items() if reason == "write"] == ["a2", "a1", "a0"]


@pytest.mark.parametrize(
    ("tz", "hour", "written"),
    [
        ("UTC", 8, False),
        ("UTC", 9, True),
        ("UTC", 20, True),
        ("UTC", 21, False),
        ("Europe/Berlin", 7, True),  # 9:00 in summer
        ("America/New_York", 12, False),  # 8:00
        ("Asia/Kolkata", 15, True),  # 20:30
        ("Asia/Kolkata", 16, False),
        (None, 12, False),
        ("Mars/Phobos", 12, False),
    ],
)
def test_quiet_hours_are_those_of_the_persons_own_clock(ledger, tz, hour, written):
    drafts = made(ledger, [alarm("ada")], [contact("ada", tz=tz)], now=NOON.replace(hour=hour))
    assert (len(drafts.messages) == 1) == written
    anytime = made(
        ledger, [alarm("ada")], [contact("ada", tz="UTC")], now=NOON.replace(hour=3), quiet_hours="00:00-00:00"
    )
    assert decided(anytime) == {"ada": "write"}


def test_a_second_run_writes_nothing_and_a_repeat_is_the_same_message(ledger, tmp_path):
    first = made(ledger, [alarm("ada")], [contact("ada")])
    first.save(tmp_path)
    (file,) = (tmp_path / "drafts").iterdir()
    before = file.read_bytes()
    second = made(ledger, [alarm("ada", surprise=9.0)], [contact("ada")], now=NOON + timedelta(hours=1))
    assert decided(second) == {"ada": "a draft was written on 2025-05-15"}
    again = made(ledger, [alarm("ada")], [contact("ada")], again=["drafted"])
    again.save(tmp_path)
    assert list((tmp_path / "drafts").iterdir()) == [file]
    assert file.read_bytes() == before
    other = made(ledger, [alarm("ada", days_ago=2)], [contact("ada")], cool_down=0)
    assert parsed(other)["Message-ID"] != parsed(first)["Message-ID"]


def test_a_run_that_ends_before_the_ledger_is_written_is_made_good_by_the_next(ledger, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    drafts = made(ledger, [alarm("ada")], [contact("ada")])
    with monkeypatch.context() as patched:
        patched.setattr(vs.checkin.Ledger, "record", full)
        with pytest.raises(OSError, match="No space"):
            drafts.save(tmp_path)
    names = sorted(path.name for path in tmp_path.rglob("*.eml"))
    made(ledger, [alarm("ada")], [contact("ada")]).save(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*.eml")) == names
    assert decided(made(ledger, [alarm("ada")], [contact("ada")]))["ada"].startswith("a draft was written")


WORDS = {
    "en": ("Hello Zoë,", "0.8 episodes a day", "11 May 2025", "A change"),
    "de": ("Guten Tag Zoë,", "0,8 Folgen am Tag", "11. Mai 2025", "Veränderung"),
    "fr": ("Bonjour Zoë,", "0,8 épisodes par jour", "11 mai 2025", "changement"),
}


@pytest.mark.parametrize("language", WORDS)
def test_a_letter_says_what_changed_in_the_persons_language_and_nothing_else(ledger, language):
    person = contact("ada", name="Zoë", language=f"{language}-XX", country="AT" if language == "de" else "GB")
    drafts = made(ledger, [alarm("ada")], [person])
    mail, (text, page) = parsed(drafts), bodies(drafts)
    hello, level, day, subject = WORDS[language]
    assert mail.get_content_type() == "multipart/alternative"
    assert hello in text
    assert hello in page
    assert level in " ".join(text.split())
    assert day in " ".join(text.split())
    assert day in page
    assert "27" in text
    assert subject in mail["Subject"]
    number = "142" if language == "de" else "116 123"
    assert number in text
    assert number in page
    assert mail["From"] == SENDER
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not set(re.findall(r"\w+", text.lower())) & {
        "depression",
        "lonely",
        "addiction",
        "einsam",
        "sucht",
        "solitude",
    }
    assert all(ord(letter) < 128 for letter in next(iter(drafts.messages.values())).as_bytes().decode("ascii"))


def test_without_a_help_line_of_the_country_a_neutral_sentence_stands_there(ledger):
    text, page = bodies(made(ledger, [alarm("ada")], [contact("ada", country="XX", language="tlh")]))
    assert "Hello," in text
    assert "in many countries there are help lines" in " ".join(text.split())
    assert not re.search(r"tel:|written down", page)


def test_help_lines_have_a_number_a_source_and_a_day():
    for country, lines in help_lines().items():
        assert re.fullmatch("[A-Z]{2}", country)
        for line in lines:
            assert re.fullmatch(r"[\d ]{3,}", line.number), line
            assert line.source.startswith("https://")
            assert date(2025, 1, 1) < line.noted <= date.today()


def test_one_click_ends_the_letters(ledger):
    drafts = made(ledger, [alarm("ada"), alarm("ben")], [contact("ada"), contact("ben")])
    (raw,) = (m.as_bytes() for m in drafts.messages.values() if "ada" in m["To"])
    token = drafts.review.set_index("account").loc["ada", "token"]
    link = LINK.replace("{token}", token)
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in raw, "in one piece, not encoded"
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    text, page = bodies(drafts)
    assert link in text
    assert f'<a href="{link.replace("&", "&amp;")}">' in page
    assert token not in bodies(drafts, "ben")[0]
    assert re.fullmatch("[0-9a-f]{32}", token)
    long = vs.checkin.Letters(unsubscribe="https://example.org/" + "x" * 300 + "/{token}")
    (one,) = made(ledger, [alarm("ada")], [contact("ada")], letters=long).messages.values()
    assert (
        b"\r\nList-Unsubscribe: <https://example.org/" + b"x" * 300 + b"/" + token.encode() + b">\r\n" in one.as_bytes()
    )


def test_a_draft_without_link_asks_for_an_answer_and_leaves_the_sender_to_the_mail_program(ledger):
    drafts = made(ledger, [alarm("ada")], [contact("ada")], letters=vs.checkin.Letters())
    mail = parsed(drafts)
    assert mail["From"] is None
    assert mail["List-Unsubscribe"] is None
    assert "answer with one word" in bodies(drafts)[0]


HOSTILE = ["x\r\nBcc: b@example.org", "x\nBcc: b@example.org", "x\x00", "x\x1b[31m", "x\u2028y",
           "<script>", "=?utf-8?q?x?=", '"', ",", "x" * 500]  # fmt: skip


@given(data=st.data())
def test_no_cell_of_the_contacts_can_add_a_header_or_an_addressee(tmp_path_factory, data):
    bad = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))
    cells = {name: data.draw(bad) for name in ("name", "language", "country")}
    address = data.draw(st.one_of(st.just("ada@example.org"), bad.map(lambda text: f"ada@example.org{text}")))
    with vs.checkin.Ledger(tmp_path_factory.mktemp("x") / "l.jsonl") as ledger:
        drafts = made(ledger, [alarm("ada")], [contact("ada", address=address, **cells)])
    for mail in drafts.messages.values():
        raw = mail.as_bytes()
        read = email.message_from_bytes(raw, policy=policy.default)
        assert [name.lower() for name, _ in read.items()] == [
            "from", "to", "subject", "date", "message-id", "auto-submitted", "list-unsubscribe",
            "list-unsubscribe-post", "mime-version", "content-type",
        ]  # fmt: skip
        assert [one.addr_spec for one in read["To"].addresses] == [address]
        assert "<script>" not in read.get_body(("html",)).get_content()
        assert not read.defects


@pytest.mark.parametrize(
    "text", ["a@b.de, c@d.de", "a@b.de\n", "<a@b.de>", "a@b", "ä@b.de", "a@b..de", "@b.de", "a b@c.de", "a@b.de;"]
)
def test_what_is_no_plain_address_is_not_used(text):
    assert usable_address("a.b+c@d-e.org") == "a.b+c@d-e.org"
    assert usable_address(text) is None


BROKEN = [
    (
        {"es.jinja": "{% set subject %}Hola{% endset %}"},
        "letter.txt.jinja, line 2 does not: .* has no attribute 'hello'|does not export",
    ),
    ({"en.jinja": "{% set subject %}{{ befor }}{% endset %}"}, r"en.jinja, line 1 does not: 'befor' is undefined"),
    ({"letter.txt.jinja": "\n{% if %}"}, r"letter.txt.jinja, line 2 does not: Expected an expression"),
    ({"letter.txt.jinja": "Hello"}, "must show the link `unsubscribe` in both layouts"),
    ({"letter.html.jinja": "{{ name | safe }}{{ unsubscribe }}"}, "must not take a name for markup"),
    ({"letter.html.jinja": "{{ ''.__class__.__mro__ }}"}, "letter.html.jinja, line 1 does not: access to attribute"),
    ({"zz9.jinja": ""}, "must be named by languages such as es.jinja, got zz9.jinja"),
]


@pytest.mark.parametrize(("files", "sentence"), BROKEN, ids=[str(list(files.items())) for files, _ in BROKEN])
def test_templates_that_fail_are_refused_before_anything_is_written(tmp_path, files, sentence):
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=sentence) as caught:
        vs.checkin.Letters(templates=tmp_path)
    assert str(caught.value).startswith("`templates` must")
    assert "\n" not in str(caught.value)


def test_a_language_of_ones_own_is_one_file(ledger, tmp_path):
    words = re.findall(
        r"set (\w+)", (Path(vs.checkin.__file__).parent / "templates" / "en.jinja").read_text(encoding="utf-8")
    )
    say = "{{% set {} %}}{} {{{{ since | day }}}} {{{{ before | number }}}}{{% endset %}}"
    lines = [say.format(word, word.upper()) for word in words]
    (tmp_path / "es.jinja").write_text("\n".join(lines), encoding="utf-8")
    letters = vs.checkin.Letters(templates=tmp_path, unsubscribe=LINK)
    drafts = made(
        ledger, [alarm("ada"), alarm("ben")], [contact("ada", language="es"), contact("ben")], letters=letters
    )
    assert "CHANGE 11 de mayo de 2025 0,8" in bodies(drafts)[0]
    assert "Hello" in bodies(drafts, "ben")[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"sender": "team"}, "`sender` must be an address"),
        ({"sender": "a@b.de\r\nBcc: c@d.de"}, "`sender` must be an address"),
        ({"unsubscribe": "http://example.org/{token}"}, "`unsubscribe` must be an https address"),
        ({"unsubscribe": "https://example.org/stop"}, "`unsubscribe` must be an https address"),
        ({"unsubscribe": "https://{token}.example.org/"}, "`unsubscribe` must be an https address"),
        ({"unsubscribe": "https://example.org/{token}\r\nBcc: a@b.de"}, "`unsubscribe` must be an https address"),
        ({"measure": "night_minutes"}, "`measure` must be one of 'episodes', 'minutes'"),
    ],
)
def test_what_no_letter_can_be_made_of_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        vs.checkin.Letters(**arguments)


@pytest.mark.parametrize(
    ("name", "value"),
    [("cool_down", -1), ("daily_cap", -1), ("max_age", -1), ("quiet_hours", "9-5"), ("quiet_hours", None)],
)
def test_limits_are_checked(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        vs.checkin.Limits(**{name: value})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"onset": "soon"}, "row 1 of `alarms` must hold a day such as 2025-07-31 in column 'onset', got 'soon'"),
        ({"usual": "few"}, "row 1 of `alarms` must hold a number of at least 0 in column 'usual', got 'few'"),
        ({"observed": None}, "row 1 of `alarms` must hold a number in column 'observed', got none"),
        ({"observed": -1.0}, "row 1 of `alarms` must hold a number of at least 0 in column 'observed', got -1.0"),
        ({"account": None}, "row 1 of `alarms` must name an account"),
    ],
)
def test_alarms_that_cannot_be_read_are_refused_with_their_place(change, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        vs.checkin.read_alarms(table([alarm("ada") | change]))


def test_tables_that_are_none_are_refused(tmp_path):
    for name, content, sentence in (
        ("a.csv", "account,onset\nada,2025-01-01\n", "a.csv must have a column 'detected'; it has 'account', 'onset'"),
        ("b.csv", 'account\n"ada', "b.csv: the file must be a table as its ending says"),
        ("c.json", "[1]", "c.json: the file must hold a list of rows"),
        ("d.json", "{", "d.json: the file must be a table as its ending says"),
        ("e.parquet", "PAR1", "e.parquet: the file must be a table as its ending says"),
        ("f.txt", "", "`alarms` must end in .csv, .json or .parquet, got 'f.txt'"),
        ("g.csv", "account,b\nada,1,2\n", "g.csv: line 2 must have 2 fields, got 3"),
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match=re.escape(sentence)):
            vs.checkin.read_alarms(tmp_path / name)


def test_the_review_list_names_everybody_and_addresses_only_of_those_written_to(ledger, tmp_path):
    alarms = [alarm("ada"), alarm("<b>ben"), alarm("=1+1")]
    made(ledger, alarms, [contact("ada"), contact("<b>ben", address="ben@example.org", opted_in="no")]).save(tmp_path)
    read = pd.read_csv(tmp_path / "review.csv")
    assert read["account"].tolist() == ["ada", "<b>ben", "'=1+1"] or read["account"].tolist() == [
        "ada",
        "'=1+1",
        "<b>ben",
    ]
    assert read["outcome"].tolist()[0] == "drafted"
    page = (tmp_path / "review.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;ben" in page
    assert "<b>ben" not in page
    assert "did not opt in" in page
    assert "ada@example.org" in page
    assert "ben@example.org" not in page + (tmp_path / "review.csv").read_text(encoding="utf-8")


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_ledger_says_who_when_why_and_only_grows(ledger, tmp_path):
    made(ledger, [alarm("ada")], [contact("ada")]).save(tmp_path)
    before = ledger.path.read_bytes()
    head, line = lines(ledger.path)
    assert head["ledger"] == 1
    assert (line["event"], line["account"], line["at"]) == ("drafted", "ada", "2025-05-15T12:00:00+00:00")
    assert line["alarm"] == {
        "detected": "2025-05-12", "onset": "2025-05-11", "kind": "surge", "surprise": 4.0, "usual": 0.83,
        "observed": 26.9,
    }  # fmt: skip
    assert "example.org" not in json.dumps(line), "no address"
    made(ledger, [alarm("ben")], [contact("ben")]).save(tmp_path)
    assert ledger.path.read_bytes().startswith(before)
    assert ledger.path.stat().st_mode & 0o077 == 0


def test_a_line_cut_off_by_a_crash_is_told_and_taken_away(tmp_path):
    path = tmp_path / "ledger.jsonl"
    with vs.checkin.Ledger(path) as ledger:
        made(ledger, [alarm("ada"), alarm("ben")], [contact("ada"), contact("ben")]).save(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with vs.checkin.Ledger(path) as ledger:
        assert "was cut off by a crash" in ledger.notes[0]
        assert sorted(
            decided(made(ledger, [alarm("ada"), alarm("ben")], [contact("ada"), contact("ben")])).values()
        ) == [
            "a draft was written on 2025-05-15",
            "write",
        ]
    assert whole.startswith(path.read_bytes())
    assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize(
    "bad",
    [
        b"{",
        b"[]",
        b'{"event": "sent"}',
        b'{"event": "lost", "id": "1", "account": "a", "at": "2025-01-01T00:00:00+00:00"}',
    ],
)
def test_a_damaged_ledger_stops_everything(tmp_path, bad):
    path = tmp_path / "ledger.jsonl"
    with vs.checkin.Ledger(path) as ledger:
        made(ledger, [alarm("ada"), alarm("ben")], [contact("ada"), contact("ben")]).save(tmp_path)
    head, first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(head + first + bad + b"\n" + second)
    with pytest.raises(ValueError, match=r"ledger.jsonl: line 3 must be that of a ledger"), vs.checkin.Ledger(path):
        pass
    path.write_bytes(b"date,episodes\n")
    with pytest.raises(ValueError, match=r"line 1 must be that of a ledger"), vs.checkin.Ledger(path):
        pass


def test_two_runs_cannot_hold_one_ledger(tmp_path):
    path = tmp_path / "ledger.jsonl"
    with vs.checkin.Ledger(path), pytest.raises(ValueError, match="is in use by another run"), vs.checkin.Ledger(path):
        pass
    closed = vs.checkin.Ledger(path)
    with pytest.raises(ValueError, match="must be opened by a `with` statement"):
        closed.record("drafted", "x", "ada", NOON)
