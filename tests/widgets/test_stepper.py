import asyncio
import re
from html import unescape

import pytest

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
    rows = dict(re.findall(r"<dt[^>]*>(.*?)</dt><dd>(.*?)</dd>", shown.state.value))
    code = unescape(re.sub(r"<[^>]+>", "", re.search(r"<pre[^>]*>(.*?)</pre>", shown.state.value, re.DOTALL)[1]))
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
    (line,) = re.findall(r'<span style="background[^>]*>(.*?)</span>', shown.state.value)
    assert unescape(line).split("←")[1].strip() == "A, B, <C>"


def test_buttons_go_forward_and_back_and_not_beyond_the_ends(trace):
    shown = stepper(trace)
    back, forward, place = shown.children[0].children
    forward.click()
    assert (place.value, shown.moment.running) == (2, "A")
    back.click()
    back.click()
    assert place.value == 1
    shown.go(99)
    assert place.value == len(trace.moments)


def test_the_timeline_is_covered_from_now_on(trace):
    shown = stepper(trace)
    lefts = []
    for step in range(1, len(trace.moments) + 1):
        shown.go(step)
        lefts.append(float(re.search(r"left:([\d.]+)%", shown.picture.value)[1]))
    assert lefts == sorted(lefts)
    assert 5 < lefts[0] < 20
    assert 70 < lefts[-1] < 95
    assert 'alt="The timeline until 7.5 s. main: 4 tasks' in shown.picture.value


def test_its_still_is_the_step_and_the_timeline_and_its_repr_says_where_it_is(trace):
    shown = stepper(trace)
    assert shown.still == shown.state.value + shown.picture.value
    assert repr(shown) == f"<Stepper 'main': step 1 of {len(trace.moments)}>"


def test_what_has_no_steps_is_told_what_to_do():
    with record() as real:
        compute(0)
    with pytest.raises(ValueError, match=r"use simulate\(main\(\)\)"):
        stepper(real)
    with pytest.raises(TypeError, match="walks through a Trace"):
        stepper(main)
