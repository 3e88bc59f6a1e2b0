"""live(): a still, and behind it all that a page without a kernel needs to put the widget itself in its place."""

import json
import re
import zlib
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

__all__ = ["live"]

SHIM = Path(__file__).with_name("live.js").read_text(encoding="utf-8").strip()
MOST = 400_000  # characters of what is packed
RAW = 10 * MOST  # and of what would be: more is not tried
NEEDS_KERNEL = "<p>It can be moved where there is a kernel: run this cell in Jupyter.</p>"
SVG = re.compile(r"data:image/svg\+xml;base64,([\w+/=]+)")
PLAIN = " !$'()*+,-./:;=?@[]^_`{|}~"  # what may stand as it is in the address of an image, in HTML and in JSON


def live(still: str, esm: str, css: str, state: dict[str, Any] | None) -> str:
    """Return a still as HTML that a widget replaces where scripts run: its module, its styles, and its state.

    Without a state, or with one that is too large to be stored in each notebook, the still says what it lacks.
    """
    packed = "" if state is None else _packed({"esm": esm, "css": css, "state": state}, still)
    if not packed or len(packed) > MOST:
        return still + NEEDS_KERNEL
    script = f'({SHIM})(document.currentScript.parentNode, "{packed}")'
    return f'<div class="taketurns-live">{still}<script>{script}</script></div>'


def _packed(told: dict[str, Any], still: str) -> str:
    """Return JSON, deflated and in base64, without the images of the still; an empty text where it is far too large."""
    text = json.dumps(told, default=_bytes, ensure_ascii=False, separators=(",", ":"))
    sources = re.findall(r'<img [^>]*?src="([^"]+)"', still)
    if len(sources) == still.count("<img"):  # or else a page would count others
        for number, source in enumerate(sources):
            text = text.replace(source, f"data:still,{number}")
    # Images of one kind are alike, and base64 would hide that.
    text = SVG.sub(lambda found: "data:image/svg+xml," + quote(b64decode(found[1]), safe=PLAIN), text)
    return b64encode(zlib.compress(text.encode(), 9)).decode("ascii") if len(text) <= RAW else ""


def _bytes(value: Any) -> dict[str, str]:
    return {"base64": b64encode(value).decode("ascii")}
