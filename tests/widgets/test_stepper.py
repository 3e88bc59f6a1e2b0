import asyncio
import json
import re
from html import escape, unescape

import pytest
from test_live import unpacked

from taketurns import compute, record, simulate, stepper


async def kettle(seconds):
    compute(1)
    await asyncio.sleep(seconds)
    compute(0.5)


async def main():
    async with asyncio.TaskGroup() as group:
        for name, seconds in {"A": 3, "B": 2, "<C>": 4}.items():
            group.create_task(kettle(seconds), name=name)


@pytest.fixture(scope="module")
def trace():
    return simulate(main())


def said(shown):
    """Return the text of the state: the rows of the table, and the lines of code."""
    rows = dict(re.findall(r"<dt[^>]*>(.*?)</dt><dd>(.*?)</dd>", shown.still))
    code = unescape(re.sub(r"<[^>]+>", "", re.search(r"<pre[^>]*>(.*?)</pre>", shown.still, re.DOTALL)[1]))
    return {name: unescape(value) for name, value in rows.items()}, code.splitlines()


def test_each_step_tells_what_the_event_loop_is_at(trace):
    shown = stepper(trace)
    assert said(shown)[0] == {"time": "0 s", "running": "main", "ready queue": "empty", "timers": "none"}
    shown.go(3)
    rows, code = said(shown)
    assert rows == {"time": "1 s", "running": "B", "ready queue": "<C>", "timers": "A at 4 s"}
    assert [line.split("←")[1].strip() for line in code if "←" in line] == ["B, <C>", "A", "main"]
    assert any(line.startswith("    await asyncio.sleep(seconds)") and line.endswith("← A") for line in code)
    shown.go(5)
    assert said(shown)[0] == {"time": "4 s", "running": "A", "ready queue": "B", "timers": "<C> at 7 s"}


def test_the_line_at_which_the_running_task_goes_on_is_marked(trace):
    shown = stepper(trace)
    shown.go(5)
    (line,) = re.findall(r'<span style="background[^>]*>(.*?)</span>', shown.still)
    assert unescape(line).split("←")[1].strip() == "A, B, <C>"


def test_it_goes_not_beyond_the_ends(trace):
    shown = stepper(trace)
    shown.go(2)
    assert (shown.step, shown.moment.running) == (2, "A")
    for asked, comes in ((0, 1), (99, len(trace.moments))):
        shown.go(asked)
        assert shown.step == comes


def test_the_timeline_is_covered_from_now_on(trace):
    shown = stepper(trace)
    lefts = []
    for step in range(1, len(trace.moments) + 1):
        shown.go(step)
        lefts.append(float(re.search(r"left:([\d.]+)%", shown.still)[1]))
    assert lefts == sorted(lefts)
    assert 5 < lefts[0] < 20
    assert 70 < lefts[-1] < 95
    assert 'alt="The timeline until 7.5 s. main: 4 tasks' in shown.still


def test_its_repr_says_where_it_is_and_its_page_is_the_still_of_the_first_step(trace):
    shown = stepper(trace)
    assert repr(shown) == f"<Stepper 'main': step 1 of {len(trace.moments)}>"
    assert shown._page == shown.still
    assert f"Step 1 of {len(trace.moments)}<" in shown.still


def test_what_the_script_puts_into_the_page_is_what_the_still_says(trace):
    shown = stepper(trace)
    assert shown._told["first"] == 1
    for number, told in enumerate(json.loads(json.dumps(shown._told["steps"])), 1):
        shown.go(number)
        rows, code = said(shown)
        assert told["rows"] == list(rows.values())
        assert {n: f"{shown._program[n]}  ← {who}" for n, who, _ in told["lines"]} == {
            n: line for n, line in enumerate(code) if "←" in line
        }
        assert f"left:{told['left']};" in shown.still
        assert f'alt="{escape(told["alt"])}"' in shown.still
    assert number == len(trace.moments)


def test_a_page_without_a_kernel_has_the_picture_once(trace):
    shown = stepper(trace)
    shown.go(3)
    bundle, _ = shown._repr_mimebundle_()
    assert bundle["text/html"].startswith(f'<div class="taketurns-live">{shown.still}<script>')
    state = json.loads(unpacked(bundle["text/html"]))["state"]
    assert (state["step"], state["_alone"], state["_told"]) == (3, True, json.loads(json.dumps(shown._told)))
    assert "data:image/png" not in state["_page"]
    assert len(bundle["text/html"]) - len(shown.still) < 12_000


async def many(count):
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(asyncio.sleep(number), name=f"task {number}")


def test_of_many_steps_the_script_has_those_that_are_near():
    shown = stepper(simulate(many(400)))
    total = len(shown.trace.moments)
    assert total > 800
    known = []
    for step in (1, 500, 501, 400, total):
        shown.go(step)
        known.append((shown._told["first"], len(shown._told["steps"])))
    assert known == [(1, 500), (1, 500), (251, 500), (251, 500), (total - 499, 500)]
    bundle, _ = shown._repr_mimebundle_()
    assert len(bundle["text/html"]) - len(shown.still) < 60_000


def test_of_very_many_names_a_list_has_the_first():
    shown = stepper(simulate(many(400)))
    shown.go(2)
    rows, code = said(shown)
    assert rows["ready queue"].startswith("task 1 → task 2 → ")
    assert rows["ready queue"].endswith("task 30 → 369 more")
    assert max(map(len, code)) < 400


def test_what_has_no_steps_is_told_what_to_do():
    with record() as real:
        compute(0)
    with pytest.raises(ValueError, match=r"use simulate\(main\(\)\)"):
        stepper(real)
    with pytest.raises(TypeError, match="walks through a Trace"):
        stepper(main)
