"""Titles as exports write them: one form for each, and the show they belong to."""

import polars as pl


def normalised(name: str) -> pl.Expr:
    """Return a title in Unicode form NFKC without zero-width spaces; null where nothing is left of it.

    The full-width colon of Chinese and Japanese titles becomes ": ", so that it separates as the other does.
    """
    text = pl.col(name).str.replace_all("\N{FULLWIDTH COLON}", ": ", literal=True).str.normalize("NFKC")
    text = text.str.replace_all("\N{ZERO WIDTH SPACE}", "", literal=True).str.replace_all(r"\s+", " ").str.strip_chars()
    return pl.when(~text.is_in(["", ":"])).then(text)


def show_of(title: pl.Expr) -> pl.Expr:
    """Return the text before the first ": " of a normalised title."""
    return title.str.extract(r"^(.*?)\s*(?:: |$)")
