"""What a still carries, so that its widget takes its place on a page without a kernel."""

import json
import re
import zlib
from base64 import b64decode, b64encode

from taketurns.widgets import live
from taketurns.widgets.live import NEEDS_KERNEL

SVG = "<svg xmlns='http://www.w3.org/2000/svg'><text>50 % of \"é\" & #1</text></svg>"
IMAGE = f"data:image/svg+xml;base64,{b64encode(SVG.encode()).decode()}"


def unpacked(html):
    """Return the JSON that stands behind a still."""
    (packed,) = re.findall(r'currentScript\.parentNode, "([^"]*)"\)</script></div>$', html)
    return zlib.decompress(b64decode(packed)).decode()


def test_the_still_comes_first_and_behind_it_the_script_with_all_it_needs():
    html = live.live("<b>still</b>", "export default {}", ".a {}", {"n": 1, "of": ["é"]})
    assert html.startswith('<div class="taketurns-live"><b>still</b><script>(// Takes the place of a still')
    assert json.loads(unpacked(html)) == {"esm": "export default {}", "css": ".a {}", "state": {"n": 1, "of": ["é"]}}
    assert html.count("</script") == 1


def test_bytes_travel_as_base64_wherever_they_stand():
    state = {"_starts": b"\0\xff", "of": [memoryview(b"a")]}
    assert json.loads(unpacked(live.live("", "", "", state)))["state"] == {
        "_starts": {"base64": "AP8="},
        "of": [{"base64": "YQ=="}],
    }


def test_an_image_of_the_still_is_stored_once():
    html = live.live(f'<img alt="a" src="{IMAGE}"><img src="data:image/png;base64,AA==">', "", "", {
        "page": f'<img src="{IMAGE}">', "png": "data:image/png;base64,AA==", "other": "data:image/png;base64,BB==",
    })  # fmt: skip
    assert html.count(IMAGE) == 1
    assert json.loads(unpacked(html))["state"] == {
        "page": '<img src="data:still,0">',
        "png": "data:still,1",
        "other": "data:image/png;base64,BB==",
    }


def test_where_an_image_of_the_still_is_not_understood_all_are_stored():
    png = "data:image/png;base64,AA=="
    html = live.live(f"<img src='x'><img src=\"{png}\">", "", "", {"png": png})
    assert json.loads(unpacked(html))["state"] == {"png": png}


def test_a_drawing_that_the_still_has_not_got_is_packed_as_text():
    shown = json.loads(unpacked(live.live("", "", "", {"page": f'<img src="{IMAGE}">'})))["state"]["page"]
    assert shown == (
        "<img src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3Ctext%3E50 %25 of %22%C3%A9%22 "
        '%26 %231%3C/text%3E%3C/svg%3E">'
    )


def test_what_is_too_large_or_cannot_do_without_a_kernel_says_so(monkeypatch):
    assert live.live("<b>still</b>", "", "", None) == f"<b>still</b>{NEEDS_KERNEL}"
    small = live.live("<b>still</b>", "", "", {"text": "a" * 1000})
    assert "<script>" in small
    for limit in ("RAW", "MOST"):
        with monkeypatch.context() as changed:
            changed.setattr(live, limit, 20)
            assert live.live("<b>still</b>", "", "", {"text": "a" * 1000}) == f"<b>still</b>{NEEDS_KERNEL}"
