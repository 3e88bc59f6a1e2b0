"""What a page shows that cannot run a widget, whatever the widget's own bundle is."""

import pytest

from taketurns import Exhibition, Span, Trace, explore, hall, play, simulate, sliders, stepper
from taketurns.widgets.live import NEEDS_KERNEL
from taketurns.widgets.still import Still

STILL = {"text/html": f"<b>still</b>{NEEDS_KERNEL}", "text/plain": "<Shown>"}
VIEW = {"application/vnd.jupyter.widget-view+json": {}}


@pytest.mark.parametrize(
    ("own", "whole"),
    [
        ({"text/plain": "long", **VIEW}, {**VIEW, **STILL}),
        (({"text/plain": "long", **VIEW}, {"meta": 1}), ({**VIEW, **STILL}, {"meta": 1})),
        (None, STILL),
    ],
)
def test_the_still_goes_with_the_bundle_of_the_widget(own, whole):
    class Widget:
        _esm = _css = ""

        def _repr_mimebundle_(self, include=None, exclude=None):
            asked.append((include, exclude))
            return own

    class Shown(Still, Widget):
        still, alone = "<b>still</b>", None

        def __repr__(self):
            return STILL["text/plain"]

    asked = []
    assert Shown()._repr_mimebundle_(include={"a"}, exclude=set()) == whole
    assert asked == [({"a"}, set())]


async def _main():
    pass


@pytest.mark.parametrize(
    "make",
    [
        lambda: sliders(lambda n: Trace("a", (Span("a", "RUNNING", "main thread", 0, n),)), n=[1, 5]),
        lambda: stepper(simulate(_main())),
        lambda: hall(play(Exhibition(2, rounds=1), "callbacks")),
        lambda: explore(Trace("a", (Span("a", "RUNNING", "main thread", 0, 1),))),
    ],
)
def test_each_widget_has_a_still_beside_its_view(make):
    shown = make()
    bundle = shown._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert shown.still in data["text/html"]
    assert "<img" in shown.still
    assert data["text/plain"] == repr(shown)
    assert data.keys() - {"text/html", "text/plain"} == VIEW.keys()
