"""Figures that stand inside a page: its colours, light and dark, and names that no other figure uses."""

import re

THEME = {
    "#ffffff": "--paper",
    "#1d2733": "--ink",
    "#6b7683": "--axis",
    "#8c939c": "--axis",
    "#d5dbe1": "--line",
    "#0b5394": "--first",
    "#d1711a": "--second",
    "#2a8c6e": "--third",
    "#8a4fa0": "--fourth",
    "#f6d9b8": "--event",
    "#b3261e": "--alarm",
    "#c3cdd6": "--band",
}
"""Colour in a figure to the name under which the page's style sheet has it, once for light and once for dark."""


SMALLEST = 0.8
"""A point of a figure is at least so many CSS pixels wide; where there is less room, a figure scrolls."""


def inline_svg(svg: str, name: str) -> str:
    """Return an SVG file as an element of a page: no size of its own, colours by name, ids under its own name.

    Parameters
    ----------
    svg
        SVG text as matplotlib writes it.
    name
        Goes before each id, so that two figures on one page share none.
    """
    text = svg[svg.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"^<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>", _opening, text)
    text = text.replace("xlink:href", "href")
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    text = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", text)
    text = re.sub(r'="[^"]*"', lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m[0]), text)
    for colour, variable in THEME.items():
        text = text.replace(colour, f"var({variable})")
    return re.sub(r"\s*\n\s*", " ", text).strip()


def _opening(match: re.Match[str]) -> str:
    least = SMALLEST * float(match[1].split()[2])
    return f'<svg viewBox="{match[1]}" style="min-width: {least:.0f}px" aria-hidden="true" focusable="false">'
