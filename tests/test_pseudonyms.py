"""Accounts under keyed names."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import viewshift as vs

KEY = "sixteen bytes at least"
FULL = Path(__file__).parent / "samples" / "ViewingActivity.csv"
SHORT = Path(__file__).parent / "samples" / "NetflixViewingHistory.csv"


def test_a_pseudonym_is_the_beginning_of_hmac_sha256() -> None:
    # RFC 4231, test cases 1 and 6
    assert vs.pseudonym("Hi There", b"\x0b" * 20) == "b0344c61d8db3853"
    assert vs.pseudonym("Test Using Larger Than Block-Size Key - Hash Key First", b"\xaa" * 131) == "60e431591ee0b67f"


@pytest.mark.parametrize("read", [vs.read, vs.read_netflix])
def test_profiles_go_by_their_pseudonyms(read) -> None:  # type: ignore[no-untyped-def]
    plain = read(FULL, tz="Europe/Berlin").daily(until="2024-07-04")
    hidden = read(FULL, tz="Europe/Berlin", pseudonymise=KEY).daily(until="2024-07-04")
    assert set(hidden.accounts) == {vs.pseudonym(name, KEY) for name in ("Ada", "Ben")}
    for name in plain.accounts:
        one, other = plain.select([name]), hidden.select([vs.pseudonym(name, KEY)])
        np.testing.assert_array_equal(one["minutes"], other["minutes"])


def test_the_one_account_of_a_short_export_goes_by_its_pseudonym() -> None:
    events = vs.read_netflix(SHORT, account="ada", pseudonymise=KEY.encode())
    assert events.table["account"].unique().to_list() == [vs.pseudonym("ada", KEY)]


def test_accounts_of_every_kind_of_table_go_by_their_pseudonyms(tmp_path: Path) -> None:
    frame = pl.DataFrame({"account": ["ö", "b", "ö"], "date": ["2025-06-01", "2025-06-01", "2025-06-02"]})
    counts = frame.with_columns(episodes=pl.lit(2))
    times = frame.select("account", start=pl.col("date") + " 20:00:00")
    for table in (frame.with_columns(title=pl.lit("x")), counts, times):
        names = vs.read_table(table, tz="UTC", pseudonymise=KEY).table["account"].to_list()
        assert names == [vs.pseudonym(name, KEY) for name in ("ö", "b", "ö")]
    counts.write_csv(tmp_path / "counts.csv")
    events = vs.read(tmp_path / "counts.csv", episodes="episodes", pseudonymise=KEY)
    assert events.table["account"].to_list() == names


def test_another_key_gives_other_names() -> None:
    assert vs.pseudonym("Ada", KEY) != vs.pseudonym("Ada", KEY + "!")


@pytest.mark.parametrize("short", ["", "fifteen bytes..", b"\x00" * 15])
def test_a_short_key_is_refused_and_not_told(short: str | bytes) -> None:
    with pytest.raises(ValueError, match="`pseudonymise` must be a key of at least 16 bytes, got one of") as refused:
        vs.read_netflix(SHORT, pseudonymise=short)
    assert "fifteen" not in str(refused.value)
    with pytest.raises(TypeError, match="`key` must be a key of text or bytes, got int"):
        vs.pseudonym("Ada", 12345678901234567890)  # type: ignore[arg-type]
