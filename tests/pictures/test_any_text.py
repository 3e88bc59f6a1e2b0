"""Whatever stands in names, labels and reasons: pictures, files and text hold it, and nobody is warned."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib import pyplot

from taketurns import Span, State, Trace, compare, timeline
from taketurns.pictures.glyphs import FRAME, drawable
from taketurns.pictures.sketch import sketch
from taketurns.trace.outcomes import Blocked, Ending, Outcome
from taketurns.trace.spans import Where

NAMES = ["🍕 pizza", "日本語のタスク", "مهمة", "costs $5 and $6", r"\frac{1}{2}", "$x^2$", "$\\frac$ bad", "a\nb"]
NAMES += ["tab\there", "x" * 300, "<script>alert(1)</script>", "a & b", "'quote\"", "nul\0x", "\x1b[31mred", "_hidden"]
NAMES += [
    "",
    " ",
    "e\u0301",
    "\u202eright to left",
    "lone \ud800 surrogate",
    "👩‍👩‍👧",
    "🇫🇷",
    "\ufeffmark",
    "-->",
    "]]>",
]

#: Every text that Python can hold. The second half of a character, behind the first one, would make a whole in JSON.
anything = st.text(st.characters(exclude_categories=["Cs"]) | st.just("\ud83c"), max_size=40) | st.sampled_from(NAMES)


def trace_of(names, label):
    spans = [
        Span(name, state, f"worker {name}", number, number + at + 1, name, Where(name, 3, name))
        for number, name in enumerate(names)
        for at, state in enumerate(State)
    ]
    return Trace(
        label,
        tuple(spans),
        cut_short=label,
        notes=tuple(names),
        outcomes={name: Outcome(Ending.RAISED, name) for name in names},
        parents=dict(pairwise(names)),
        blocked=tuple(Blocked(one, f"wants {one}", other) for one, other in pairwise(names)),
    )


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)


@settings(max_examples=8)
@given(st.lists(anything, min_size=1, max_size=20), anything)
@example(NAMES, "label with $5 and $6 <b>🍕</b>\nsecond line \ud800 " + "long " * 60)
def test_every_text_is_drawn_and_shown_and_written(tmp_path_factory, names, label):
    trace = trace_of(names, label)
    page = trace._repr_html_()
    page.encode("utf-8")
    parser = Page()
    parser.feed(page)
    assert parser.tags == {"img", "details", "summary", "pre"}
    for picture in timeline(trace, causes=True).figure, timeline(trace, "worker").figure, compare(trace, trace):
        picture.canvas.draw()
        pyplot.close(picture)
    sketch(trace).encode("utf-8")
    path = tmp_path_factory.mktemp("any") / "trace.json"
    trace.to_perfetto(path)
    written = json.loads(path.read_bytes().decode("utf-8"))
    shown = [event["args"]["name"] for event in written["traceEvents"] if event.get("name") == "thread_name"]
    assert shown == [re.sub("[\ud800-\udfff]", "?", task) for task in trace.tasks]
    text = trace.to_json()
    text.encode("utf-8")
    assert Trace.from_json(text) == trace


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("plain", "plain"),
        ("🍕 pizza", f"{FRAME} pizza"),
        ("é ░ … ü", "é ░ … ü"),
        ("two\n日", f"two\n{FRAME}"),
        ("\u0915\u094d", FRAME),
    ],
)
def test_what_the_font_has_not_got_is_a_frame(text, drawn):
    assert drawable(text) == drawn


def test_the_frame_is_in_the_font():
    assert drawable(FRAME + "…") == FRAME + "…"
    assert drawable("\U0010fffd") == FRAME
