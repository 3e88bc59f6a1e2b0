import asyncio
from itertools import pairwise
from math import inf, nan
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns import Exhibition, State, Trace, play
from taketurns.course.exhibition import STYLES

SIMULATED = [style for style in STYLES if style != "threads"]
INTERLEAVED = [style for style in SIMULATED if style != "sequential"]
SECONDS = st.integers(1, 100_000).map(lambda milliseconds: milliseconds / 1000)
EXHIBITIONS = st.builds(Exhibition, st.integers(1, 9), SECONDS, SECONDS, st.integers(1, 4))


def ns(seconds):
    return round(seconds * 1e9)


def moves(trace, task):
    """Return when her moves at a board begin and end, in ns."""
    return [(ns(s.start), ns(s.end)) for s in trace.lane(task) if s.state is State.RUNNING]


# The figures that the course was born from


def test_one_game_at_a_time_takes_twelve_hours():
    trace = play(Exhibition(), "sequential")
    assert (trace.duration, trace.peak_concurrency, trace.peak_parallelism) == (43_200, 1, 1)
    assert {lane[-1].end - lane[0].start for lane in map(trace.lane, trace.tasks)} == {1800}


@pytest.mark.parametrize("style", INTERLEAVED)
def test_walking_takes_an_hour_and_the_last_reply(style):
    trace = play(Exhibition(), style)
    assert (trace.duration, trace.master_done) == (3655, 3600)
    assert (trace.peak_concurrency, trace.peak_parallelism) == (24, 1)
    assert trace.same_schedule(play(Exhibition(), "generators"))


@pytest.mark.parametrize(("boards", "seconds"), [(1, 1800), (12, 1855), (13, 2005), (24, 3655), (48, 7255)])
def test_the_crossover_is_at_twelve_boards(boards, seconds):
    exhibition = Exhibition(boards)
    assert exhibition.crossover == 12
    assert play(exhibition, "asyncio").duration == exhibition.interleaved == seconds


def test_a_whole_exhibition_span_for_span():
    trace = play(Exhibition(boards=2, master=5, opponent=3, rounds=2), "callbacks")
    assert [(s.task, s.state, s.start, s.end) for s in trace.spans] == [
        ("board 1", "RUNNING", 0, 5),
        ("board 2", "READY", 0, 5),
        ("board 1", "WAITING", 5, 8),
        ("board 2", "RUNNING", 5, 10),
        ("board 1", "READY", 8, 10),
        ("board 1", "RUNNING", 10, 15),
        ("board 2", "WAITING", 10, 13),
        ("board 2", "READY", 13, 15),
        ("board 1", "WAITING", 15, 18),
        ("board 2", "RUNNING", 15, 20),
        ("board 2", "WAITING", 20, 23),
    ]


# Laws


@given(EXHIBITIONS)
def test_all_interleaved_styles_have_one_schedule(exhibition):
    first, *others = (play(exhibition, style) for style in INTERLEAVED)
    assert all(first.same_schedule(other) for other in others)


@given(EXHIBITIONS, st.sampled_from(SIMULATED))
def test_the_master_never_moves_at_two_boards(exhibition, style):
    trace = play(exhibition, style)
    visits = sorted(visit for task in trace.tasks for visit in moves(trace, task))
    assert all(end <= begin for (_, end), (begin, _) in pairwise(visits))
    assert trace.peak_parallelism == 1
    assert sum(end - begin for begin, end in visits) == exhibition.boards * exhibition.rounds * ns(exhibition.master)


@given(EXHIBITIONS)
def test_it_takes_as_long_as_arithmetic_says(exhibition):
    walking, one_by_one = play(exhibition, "callbacks"), play(exhibition, "sequential")
    assert ns(walking.duration) == ns(exhibition.interleaved)
    assert ns(walking.master_done) == ns(exhibition.master_done)
    assert ns(one_by_one.duration) == ns(exhibition.sequential)


@given(EXHIBITIONS, st.sampled_from(SIMULATED))
def test_each_game_has_all_its_moves_and_replies_and_ends_with_a_reply(exhibition, style):
    trace = play(exhibition, style)
    assert sorted(trace.tasks) == sorted(f"board {n}" for n in range(1, exhibition.boards + 1))
    for task in trace.tasks:
        lane = [span for span in trace.lane(task) if span.state is not State.READY]
        assert [span.state for span in lane] == ["RUNNING", "WAITING"] * exhibition.rounds
        lengths = [ns(span.duration) for span in lane]
        assert max(abs(a - b) for a, b in zip(lengths[::2], [ns(exhibition.master)] * 4, strict=False)) <= 1
        assert max(abs(a - b) for a, b in zip(lengths[1::2], [ns(exhibition.opponent)] * 4, strict=False)) <= 1


@given(EXHIBITIONS, st.integers(1, 9))
def test_a_team_shares_the_boards_out_and_each_of_them_is_one_person(one, masters):
    team = Exhibition(one.boards, one.master, one.opponent, one.rounds, min(masters, one.boards))
    trace = play(team, "callbacks")
    assert trace.origin["masters"] == str(team.masters)
    assert trace.peak_parallelism == team.masters
    assert ns(trace.duration) == ns(team.interleaved) <= ns(one.interleaved)
    by_master = {worker: {s.task for s in trace.spans if s.worker == worker} for worker in trace.workers}
    assert sorted(by_master) == [f"master {n}" for n in range(1, team.masters + 1)] or team.masters == 1
    sizes = [len(boards) for boards in by_master.values()]
    assert (sum(sizes), max(sizes) - min(sizes) <= 1) == (one.boards, True)


def test_a_second_master_halves_the_time_and_a_third_hardly_helps():
    assert [play(Exhibition(masters=n), "asyncio").duration for n in (1, 2, 3, 24)] == [3655, 1855, 1835, 1800]


# In real time: orders and counts, no durations


@pytest.mark.parametrize("style", STYLES)
def test_in_real_time_each_game_has_its_moves_and_she_is_one_person(style):
    trace = play(Exhibition(boards=3, rounds=2), style, 0.0002)
    assert trace.label == f"3 boards, {style}, 1:5000"
    assert set(trace.tasks) == {"board 1", "board 2", "board 3"}
    visits = sorted((s.start, s.end) for s in trace.spans if s.state is State.RUNNING)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(visits))
    for lane in map(trace.lane, trace.tasks):
        replies = [s for s in lane if s.state is State.WAITING and s.reason == "timer"]
        assert len(replies) == 2
        assert max(replies, key=lambda span: span.end).end == max(span.end for span in lane)
    assert trace.cut_short == ""


def test_it_can_be_played_where_an_event_loop_runs():
    async def notebook():
        two = Exhibition(2, rounds=1)
        real = [play(two, style, 1e-4) for style in ("asyncio", "generators", "threads")]
        return play(two, "asyncio").duration, [len(trace.tasks) for trace in real]

    assert asyncio.run(notebook()) == (65, [2, 2, 2])


def test_an_interrupt_in_asyncio_cancels_the_exhibition_and_is_raised(monkeypatch):
    began, seen = Event(), []

    async def interrupted(exhibition, boards):
        began.set()
        try:
            await asyncio.get_running_loop().create_future()  # for ever
        except asyncio.CancelledError:
            seen.append("canceled")
            raise

    def interrupt(future):
        began.wait()
        raise KeyboardInterrupt

    monkeypatch.setattr("taketurns.course.styles.task_group", interrupted)
    with monkeypatch.context() as patch:
        patch.setattr("concurrent.futures.Future.result", interrupt)
        with pytest.raises(KeyboardInterrupt):
            play(Exhibition(), "asyncio", 1)
    assert seen == ["canceled"]


# Bad input


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"boards": 0}, "boards is a whole number from 1 on, such as 24; it was given 0"),
        ({"boards": -1}, "boards is a whole number from 1 on, such as 24; it was given -1"),
        ({"boards": 2.5}, "boards is a whole number from 1 on, such as 24; it was given 2.5"),
        ({"rounds": 0}, "rounds is a whole number from 1 on, such as 30; it was given 0"),
        ({"rounds": 1.5}, "rounds is a whole number from 1 on, such as 30; it was given 1.5"),
        ({"master": 0}, "master is a number of seconds above 0, such as 5; it was given 0"),
        ({"opponent": -5}, "opponent is a number of seconds above 0, such as 55; it was given -5"),
        ({"opponent": inf}, "opponent is a number of seconds above 0, such as 55; it was given inf"),
        ({"master": nan}, "master is a number of seconds above 0, such as 5; it was given nan"),
        ({"masters": 0}, "masters is a whole number from 1 on, such as 1; it was given 0"),
        ({"boards": 3, "masters": 4}, "4 masters need a board each, and there are 3 boards"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(numbers, said):
    with pytest.raises(ValueError, match="^" + said.replace(".", r"\.")):
        Exhibition(**numbers)


@pytest.mark.parametrize("value", ["24", None, True, 2j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="boards is a whole number"):
        Exhibition(boards=value)


def test_a_style_that_there_is_not_is_refused():
    styles = "sequential, callbacks, generators, coroutines, greenlets, asyncio, threads"
    with pytest.raises(ValueError, match=f"'trio' is no style of play; there are {styles}"):
        play(Exhibition(), "trio")


def test_only_an_exhibition_is_played():
    with pytest.raises(TypeError, match=r"play\(\) plays an Exhibition.* it was given 24"):
        play(24, "asyncio")


@pytest.mark.parametrize("scale", [0, -1, inf, "1"])
def test_a_scale_is_positive(scale):
    with pytest.raises(ValueError, match="scale is how many real seconds"):
        play(Exhibition(), "asyncio", scale)


@pytest.mark.parametrize(("style", "scale"), [("threads", None), ("asyncio", 0.001)])
def test_a_team_plays_in_simulated_time_only(style, scale):
    with pytest.raises(ValueError, match="a team of masters plays in simulated time only"):
        play(Exhibition(masters=2), style, scale)


def test_the_trace_is_a_trace_and_travels():
    trace = play(Exhibition(2, rounds=1), "greenlets")
    assert isinstance(trace, Trace)
    assert type(trace).from_json(trace.to_json()).master_done == 10
    assert [moment.running for moment in trace.moments][:3] == ["main", "board 1", "board 2"]
