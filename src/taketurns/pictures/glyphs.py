"""What matplotlib can draw: letters that its font has not got are drawn as a frame, and nobody is warned of them."""

from functools import cache
from unicodedata import category

from matplotlib.font_manager import findfont, get_font

__all__ = ["drawable"]

#: The font of all pictures, which comes with matplotlib.
FONT = "DejaVu Sans"
FRAME = "▯"


def drawable(text: str) -> str:
    """Return a text with a frame in the place of each letter that the font has not got, such as an emoji.

    What stands above or below another letter is left out.
    """
    if text.isascii():
        return text
    return "".join(map(_drawn, text))


@cache
def _drawn(char: str) -> str:
    if char == "\n" or ord(char) in _letters():
        return char
    return "" if category(char) in ("Mn", "Me") else FRAME


@cache
def _letters() -> frozenset[int]:
    return frozenset(get_font(findfont(FONT)).get_charmap())
