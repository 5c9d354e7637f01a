"""Text in which there is nothing that a terminal obeys, and numbers of things."""


def plain(text: str) -> str:
    """Return text without control characters, which a terminal would obey; ends of lines stay.

    Parameters
    ----------
    text
        Any text.
    """
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def number_of(n: int, thing: str) -> str:
    """Return a number and its things: "1 file", "2,000 files".

    Parameters
    ----------
    n
        How many there are.
    thing
        What they are called where there is one.
    """
    return f"{n:,} {thing}{'s' * (n != 1)}"
