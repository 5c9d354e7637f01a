"""Text in which there is nothing that a terminal obeys."""


def plain(text: str) -> str:
    """Return text without control characters, which a terminal would obey; ends of lines stay.

    Parameters
    ----------
    text
        Any text.
    """
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)
