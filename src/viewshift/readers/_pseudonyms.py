"""Keyed names for accounts: the same key gives an account the same pseudonym, and without the key none leads back."""

import hashlib
import hmac
from typing import TypeAlias

import polars as pl

Key: TypeAlias = str | bytes

LEAST = 16
"""Bytes of a key, at least: 16 random ones cannot be tried out."""

DIGITS = 16
"""Hexadecimal digits of a pseudonym, 64 bits of the hash."""


def pseudonym(account: str, key: Key) -> str:
    """Return the pseudonym of an account: the first 16 hexadecimal digits of HMAC-SHA256(key, account).

    Parameters
    ----------
    account
        Name of the account, as the export has it (without blanks around).
    key
        Secret of at least 16 bytes (UTF-8 if text); `secrets.token_hex(16)` makes one. Keep it apart from the data.

    Returns
    -------
    The pseudonym.

    Raises
    ------
    TypeError
        If the key is neither text nor bytes.
    ValueError
        If the key is shorter than 16 bytes.

    Notes
    -----
    Among n accounts two share a pseudonym with probability about n^2 / 2^65: 3e-8 for a million, 3e-4 for a hundred
    million. Who has the key can try out names, so a pseudonym is no anonymity.

    Examples
    --------
    >>> import viewshift as vs
    >>> vs.pseudonym("Ada", "a key of 16 bytes or more")
    'de657ca4af2d72b2'
    """
    return _digits(account, check_key("key", key))


def check_key(name: str, key: Key) -> bytes:
    """Return a key as bytes, or raise if it is none or too short; the message never tells it."""
    if not isinstance(key, str | bytes):
        raise TypeError(f"`{name}` must be a key of text or bytes, got {type(key).__name__}.")
    raw = key.encode(errors="surrogatepass") if isinstance(key, str) else key
    if len(raw) < LEAST:
        raise ValueError(
            f"`{name}` must be a key of at least {LEAST} bytes, got one of {len(raw)}; `secrets.token_hex(16)` makes "
            "one."
        )
    return raw


def pseudonyms(accounts: pl.Series, key: bytes) -> pl.Series:
    """Return the pseudonym of each row's account, worked out once for each account."""
    names = accounts.unique()
    return accounts.replace_strict(names, pl.Series([_digits(name, key) for name in names], dtype=pl.String))


def _digits(account: str, key: bytes) -> str:
    return hmac.digest(key, account.encode(errors="surrogatepass"), hashlib.sha256).hex()[:DIGITS]
