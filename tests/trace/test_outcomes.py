"""How a task ended, who started it and who woke it, as a trace tells them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taketurns.trace.outcomes import Ending, Outcome, outcome_named
from taketurns.trace.rows import FORMAT
from taketurns.trace.spans import Span, State, Where
from taketurns.trace.trace import Trace

SPANS = (
    Span("shop", State.RUNNING, "main thread", 0.0, 1.0),
    Span("order 1", State.WAITING, "thread 1", 0.5, 1.0, "a reply", Where("shop.py", 3, "ask()")),
    Span("order 1", State.READY, "thread 1", 1.0, 1.5, "event loop", waker="shop"),
    Span("order 2", State.RUNNING, "thread 2", 1.5, 2.0, "", Where("shop.py", 4, "ask()"), "order 1"),
)
RAISED = Outcome(Ending.RAISED, "ValueError: no page")
OUTCOMES = {"shop": Outcome(Ending.RETURNED), "order 1": RAISED}
TRACE = Trace("orders", SPANS, outcomes=OUTCOMES, parents={"order 1": "shop", "order 2": "order 1"})


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome(Ending.RETURNED), "returned"),
        (RAISED, "raised ValueError: no page"),
        (Outcome(Ending.RAISED), "raised"),
        (Outcome(Ending.CANCELED), "canceled"),
        (Outcome(Ending.DIED), "died"),
        (Outcome(Ending.NOT_ENDED), "not ended"),
    ],
)
def test_an_outcome_is_said_in_words_and_read_back(outcome: Outcome, said: str) -> None:
    assert str(outcome) == said
    assert outcome_named(said) == outcome
    assert type(outcome_named(said).ending) is Ending


@pytest.mark.parametrize("text", ["", "burnt", "returned 7", "not ended yet", "raised ", None, 7])
def test_what_is_no_outcome_is_refused_beside_the_endings_there_are(text: object) -> None:
    with pytest.raises(ValueError, match=r"is not an outcome; a task is returned, raised, canceled, died, not ended$"):
        outcome_named(text)


def test_a_trace_tells_how_a_task_ended_and_who_started_it() -> None:
    assert [TRACE.outcome(task) for task in TRACE.tasks] == [Outcome(Ending.RETURNED), RAISED, None]
    assert [TRACE.parent(task) for task in TRACE.tasks] == ["", "shop", "order 1"]


def test_of_a_trace_made_by_hand_neither_is_known() -> None:
    trace = Trace("orders", SPANS)
    assert [trace.outcome(task) for task in trace.tasks] == [None] * 3
    assert [trace.parent(task) for task in trace.tasks] == [""] * 3
    assert "outcome" not in trace.table()


def test_an_unknown_task_has_neither() -> None:
    for ask in TRACE.outcome, TRACE.parent:
        with pytest.raises(KeyError, match="no task 'order 3' in this trace; its tasks are shop, order 1, order 2"):
            ask("order 3")


def test_only_keeps_those_of_the_tasks_that_are_left() -> None:
    left = TRACE.only("order 1")
    assert (left.outcomes, left.parents) == ({"order 1": RAISED}, {"order 1": "shop"})
    assert TRACE.only(state="RUNNING").parents == {"order 2": "order 1"}


def test_two_traces_that_differ_in_an_outcome_or_a_parent_are_not_equal() -> None:
    again = Trace("orders", SPANS, outcomes=OUTCOMES, parents=TRACE.parents)
    assert again == TRACE
    assert hash(again) == hash(TRACE)
    assert Trace("orders", SPANS, outcomes=OUTCOMES) != TRACE
    assert Trace("orders", SPANS, parents=TRACE.parents) != TRACE


def test_the_table_has_a_column_where_a_task_did_not_simply_return() -> None:
    head, shop, first, second = TRACE.table().splitlines()
    assert "  outcome  " in head
    assert "  returned  " in shop
    assert "  raised Valu… page  " in first  # cut in the middle: it has 100 columns
    assert "returned" not in second
    assert "raised" not in second
    returned = Trace("orders", SPANS, outcomes={"shop": Outcome(Ending.RETURNED)})
    assert returned.table() == Trace("orders", SPANS).table()
    assert TRACE.only("shop").table() == Trace("orders", SPANS).only("shop").table()


def test_json_holds_them_where_they_are_known() -> None:
    whole = json.loads(TRACE.to_json())
    assert whole["outcomes"] == {"shop": "returned", "order 1": "raised ValueError: no page"}
    assert whole["parents"] == {"order 1": "shop", "order 2": "order 1"}
    assert [row[6:] for row in whole["spans"]] == [
        [],
        [["shop.py", 3, "ask()"]],
        [None, "shop"],
        [["shop.py", 4, "ask()"], "order 1"],
    ]
    assert Trace.from_json(TRACE.to_json()) == TRACE


def test_a_text_from_before_there_were_outcomes_is_read() -> None:
    old = {"format": FORMAT, "label": "old", "cut_short": "", "origin": {}}
    old["spans"] = [
        ["a", "WAITING", "main thread", 0, 1, "sleep", ["a.py", 3, "sleep(1)"]],
        ["a", "RUNNING", "m", 1, 2, ""],
    ]
    trace = Trace.from_json(json.dumps(old))
    assert trace.spans == (
        Span("a", State.WAITING, "main thread", 0, 1, "sleep", Where("a.py", 3, "sleep(1)")),
        Span("a", State.RUNNING, "m", 1, 2),
    )
    assert (trace.outcome("a"), trace.parent("a")) == (None, "")


@pytest.mark.parametrize("wrong", [{"outcomes": {"a": "burnt"}}, {"outcomes": 7}, {"parents": 7}])
def test_wrong_outcomes_are_no_trace(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="this is not the JSON text of a trace"):
        Trace.from_json(json.dumps(json.loads(TRACE.to_json()) | wrong))


def test_perfetto_shows_them_at_the_first_and_the_last_slice_of_a_task(tmp_path: Path) -> None:
    TRACE.to_perfetto(tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))["traceEvents"]
    told = [{k: v for k, v in event["args"].items() if k not in ("worker", "reason", "where")} for event in events]
    assert told[-len(SPANS) - len([e for e in events if e["ph"] == "C"]) :][: len(SPANS)] == [
        {"outcome": "returned"},
        {"parent": "shop"},
        {"waker": "shop", "outcome": "raised ValueError: no page"},
        {"waker": "order 1", "parent": "order 1"},
    ]
