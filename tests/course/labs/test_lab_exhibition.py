import asyncio

import pytest
from lanes import without_block

from taketurns import Exhibition, Span, State, Trace, compute, play, record, simulate, wait
from taketurns.course.labs import exhibition as lab


def exhibit(game, *args, boards=4):
    async def main():
        async with asyncio.TaskGroup() as group:
            for number in range(1, boards + 1):
                group.create_task(game(*args), name=f"board {number}")

    return simulate(main())


async def cloned(rounds=3):
    for _ in range(rounds):
        await asyncio.sleep(5)
        await asyncio.sleep(10)


async def shared(master):
    for _ in range(3):
        async with master:
            await asyncio.sleep(5)
        await asyncio.sleep(10)


async def kept(master):
    for _ in range(3):
        async with master:
            await asyncio.sleep(5)
            await asyncio.sleep(10)


async def her_own():
    await shared(asyncio.Lock())


async def blocking():
    for _ in range(3):
        compute(5)
        await asyncio.sleep(10)


async def blocked_by_replies():
    for _ in range(3):
        compute(5)
        wait(10)
        await asyncio.sleep(0)


async def not_awaited():
    for _ in range(3):
        await asyncio.sleep(10)


# What people see


def test_what_people_see_of_the_clones_are_four_of_her():
    seen = lab.as_seen(exhibit(cloned), lab.small)
    assert (seen.duration, seen.peak_parallelism, seen.time_in("RUNNING")) == (45, 4, 4 * 3 * 5)


def test_with_a_lock_they_see_the_exhibition_itself():
    seen = lab.as_seen(exhibit(shared, asyncio.Lock()), lab.small)
    assert seen.same_schedule(play(lab.small, "asyncio"))


def test_a_wait_for_her_that_lasts_as_long_as_a_move_is_no_move():
    lane = lab.as_seen(exhibit(shared, asyncio.Lock()), lab.small).lane("board 2")
    assert [(s.state, s.start, s.end) for s in lane][:2] == [("READY", 0, 5), ("RUNNING", 5, 10)]


def test_the_first_minutes_are_cut_where_they_end():
    trace = play(Exhibition(), "callbacks")
    first = lab.first_minutes(trace, 2)
    assert (first.duration, first.time_in("RUNNING")) == (120, 120)
    assert first.label == "24 boards, callbacks: the first 2 minutes"
    assert lab.first_minutes(trace, 61) is trace


@pytest.mark.parametrize(
    ("boards", "who"),
    [(11, "she waits for the opponents"), (12, "nobody waits for anybody"), (13, "the opponents wait for her")],
)
def test_the_formula_says_who_waits_and_agrees_with_the_simulation(boards, who):
    exhibition = Exhibition(boards)
    trace = play(exhibition, "callbacks")
    said = lab.formula(exhibition, trace)
    assert who in said
    assert said.count(f"{trace.duration:,.0f} s") == 2


def test_a_child_can_be_given_a_walk():
    with record() as trace:
        lab.walk(["board 1", "board 2"])
    boards = without_block(trace)
    assert boards.tasks == ("board 1", "board 2")
    assert sum(s.state is State.WAITING for s in boards.spans) == 20


# Exercises


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (..., "… How long? Nothing to check yet"),
        (7200, "✗ How long? One game at a time takes that long"),
        (1200, "✗ How long? Then she leaves the last board"),
        (720, "✗ How long? It would take that long if she waited for the opponents"),
        (774, "✗ How long? It would take that long if she waited"),
        (1000, "✗ How long? 1000 s is not it"),
        (1230, "✓ How long?"),
        (1230.0, "✓ How long?"),
    ],
)
def test_how_long(answer, said):
    assert lab.how_long.verdict(answer).line.startswith(said)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (..., "… How many boards? Nothing to check yet"),
        (14, "✗ How many boards? 56 / 4 boards"),
        (16, "✗ How many boards? With 16 boards her walk"),
        (12, "✗ How many boards? She could take one board more"),
        (15, "✓ How many boards?"),
    ],
)
def test_how_many(answer, said):
    assert lab.how_many.verdict(answer).line.startswith(said)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (lambda: exhibit(cloned), "… One master: As it stands, she moves at four boards at once"),
        (lambda: exhibit(cloned, boards=3), "✗ One master: Leave the four tasks"),
        (lambda: exhibit(cloned, 2), "… One master: As it stands"),
        (lambda: exhibit(not_awaited), "✗ One master: There are to be 12 moves of 5 s"),
        (lambda: exhibit(kept, asyncio.Lock()), "✗ One master: It takes as long as one game at a time"),
        (lambda: exhibit(blocked_by_replies), "✗ One master: It takes as long as one game at a time"),
        (lambda: exhibit(shared, asyncio.Semaphore(2)), "✗ One master: At some instant there are more than 1"),
        (lambda: exhibit(shared, asyncio.Lock()), "✓ One master"),
        (lambda: exhibit(blocking), "✓ One master"),
    ],
)
def test_one_master(run, said):
    assert lab.cured.verdict(run()).line.startswith(said)


def test_one_master_may_be_a_task_of_her_own():
    async def master(queue):
        while True:
            moved = await queue.get()
            await asyncio.sleep(5)
            moved.set_result(None)

    async def game(queue):
        for _ in range(3):
            moved = asyncio.get_running_loop().create_future()
            queue.put_nowait(moved)
            await moved
            await asyncio.sleep(10)

    async def main():
        queue = asyncio.Queue()
        she = asyncio.create_task(master(queue))
        async with asyncio.TaskGroup() as group:
            for number in range(1, 5):
                group.create_task(game(queue), name=f"board {number}")
        she.cancel()

    assert lab.cured.verdict(simulate(main())).line.startswith("✓ One master")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (lambda: exhibit(shared, asyncio.Lock()), "… Two masters: As it stands, there is one master"),
        (lambda: exhibit(cloned), "✗ Two masters: At some instant there are more than 2"),
        (lambda: exhibit(her_own), "✗ Two masters: At some instant there are more than 2"),
        (lambda: exhibit(shared, asyncio.Semaphore(3)), "✗ Two masters: At some instant there are more than 2"),
        (
            lambda: exhibit(kept, asyncio.Semaphore(2)),
            "✗ Two masters: It takes as long as if each played one game at a time",
        ),
        (lambda: exhibit(shared, asyncio.Semaphore(2)), "✓ Two masters"),
    ],
)
def test_two_masters(run, said):
    assert lab.two_masters.verdict(run()).line.startswith(said)


def test_an_answer_without_boards_is_told_so():
    trace = Trace("other", (Span("a", "RUNNING", "w", 0, 5),))
    assert lab.cured.verdict(trace).line.startswith("✗ One master: Leave the four tasks")
