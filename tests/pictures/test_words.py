import pytest

from taketurns import Span, Trace, machine
from taketurns.pictures.words import alt, elsewhere

origin = machine.origin
HERE = {"python": "CPython 3.11.7", "gil": "on", "platform": "Linux x86_64", "cores": "2", "date": "2026-11-22"}


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.setattr(machine, "origin", lambda: HERE)
    monkeypatch.setattr(machine, "BEGAN", "2026-11-21")


def made(**changes):
    return Trace("threads", (Span("a", "RUNNING", "main thread", 0, 0.25),), {**HERE, "clock": "real", **changes})


@pytest.mark.parametrize("date", ["2026-11-21", "2026-11-22"])
def test_a_trace_that_was_made_here_since_this_process_began_needs_no_place(date):
    assert elsewhere(made(date=date)) == ""
    assert alt(made(date=date)).endswith("All tasks together: running 250 ms.")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        (
            {"python": "CPython 3.13.5", "gil": "off"},
            "Recorded by CPython 3.13.5 without a GIL: Linux x86_64, 2 cores, 2026-11-22",
        ),
        ({"cores": "8"}, "Recorded by CPython 3.11.7 with a GIL: Linux x86_64, 8 cores, 2026-11-22"),
        ({"date": "2026-11-20"}, "Recorded by CPython 3.11.7 with a GIL: Linux x86_64, 2 cores, 2026-11-20"),
    ],
)
def test_a_trace_from_elsewhere_says_where(changes, place):
    assert elsewhere(made(**changes)) == place
    assert alt(made(**changes)).endswith(f"running 250 ms. {place}.")


def test_what_an_origin_leaves_out_is_not_made_up():
    assert elsewhere(Trace("a", (), {"date": "2025-01-02"})) == "Recorded by Python: 2025-01-02"
    assert elsewhere(Trace("a", ())) == ""
    assert elsewhere(Trace("a", (), {"clock": "simulated"})) == ""


def test_what_an_origin_holds_is_what_is_compared():
    assert origin().keys() == HERE.keys()
    assert origin()["date"] >= machine.BEGAN
