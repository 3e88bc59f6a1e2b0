"""Exercises of notebook 14: the answer that the starter cell holds, typical wrong answers, and a right one."""

import asyncio

import pytest
from answers import at_once, waits

from taketurns import simulate
from taketurns.course.labs import real_io as lab
from taketurns.course.servers.web import Seen

RIGHT = {"A": 1, "B": 6, "C": 6, "D": 3}
PAGES = [f"page {number}" for number in range(6)]
FIVE = ["page 1", "page 2", None, "page 3", "page 4"]
FAILED = ExceptionGroup("", [ValueError()])


def three(result=PAGES, error=None, requests=6, most_at_once=3, refused=0, lanes=12):
    seen = Seen(3, requests, most_at_once, refused)
    return lab.Visit(result, error, waits(*at_once * (lanes // 4)), seen)


def five(result=FIVE, error=None, most_at_once=4):
    return lab.Visit(result, error, waits(*at_once), Seen(5, 5, most_at_once, 0))


def calls(pauses, then=None, again=False):
    """Call a flaky server, with pauses between, and return what it answers."""

    async def program(server):
        answer = None
        for pause in [*pauses, 0]:
            try:
                answer = await server.ask()
                if not again:
                    break
            except lab.Busy:
                pass
            await asyncio.sleep(pause)
        await asyncio.sleep(then or 0)
        return answer

    return simulate(program(lab.Flaky(2)), "an answer")


async def forgets(server):
    for pause in [1, 2, 4]:
        try:
            await server.ask()
            break
        except lab.Busy:
            await asyncio.sleep(pause)


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "key"),
    [
        (lab.connections, dict.fromkeys("ABCD", ...), "…", "todo"),
        (lab.connections, {**RIGHT, "A": 6}, "✗", "A: 6"),
        (lab.connections, {**RIGHT, "B": 1}, "✗", "B: 1"),
        (lab.connections, {**RIGHT, "C": 1}, "✗", "C: 1"),
        (lab.connections, {**RIGHT, "D": 6}, "✗", "D: 6"),
        (lab.connections, {**RIGHT, "D": 2}, "✗", "D: 2"),
        (lab.connections, RIGHT, "✓", "right"),
        (lab.three_at_a_time, three(most_at_once=1, lanes=4), "…", "start"),
        (lab.three_at_a_time, three(None, FAILED, refused=3), "✗", "refused"),
        (lab.three_at_a_time, three(None, NameError("limit")), "✗", "error"),
        (lab.three_at_a_time, three(None, requests=0, most_at_once=0), "✗", "requests"),
        (lab.three_at_a_time, three(most_at_once=1), "✗", "one_by_one"),
        (lab.three_at_a_time, three(most_at_once=2), "✗", "not_three"),
        (lab.three_at_a_time, three(None), "✗", "other_texts"),
        (lab.three_at_a_time, three(), "✓", "right"),
        (lab.others_go_on, five(None, FAILED), "…", "start"),
        (lab.others_go_on, five(None, ValueError("500")), "✗", "error"),
        (lab.others_go_on, five([*FIVE[:2], ValueError(), *FIVE[3:]]), "✗", "exception"),
        (lab.others_go_on, five([*FIVE[:2], "<html>500", *FIVE[3:]]), "✗", "error_page"),
        (lab.others_go_on, five(most_at_once=1), "✗", "one_by_one"),
        (lab.others_go_on, five([text for text in FIVE if text]), "✗", "not_five"),
        (lab.others_go_on, five([None, *FIVE[:2], *FIVE[3:]]), "✗", "other_texts"),
        (lab.others_go_on, five(), "✓", "right"),
        (lab.asks_again, calls([]), "…", "start"),
        (lab.asks_again, calls([1]), "✗", "too_early"),
        (lab.asks_again, calls([1, 2, 4], again=True), "✗", "goes_on"),
        (lab.asks_again, calls([0, 0]), "✗", "at_once"),
        (lab.asks_again, calls([1, 1]), "✗", "steady"),
        (lab.asks_again, calls([2, 4]), "✗", "other_pauses"),
        (lab.asks_again, calls([1, 2], then=4), "✗", "pause_after"),
        (lab.asks_again, simulate(forgets(lab.Flaky(2))), "✗", "no_answer"),
        (lab.asks_again, calls([1, 2]), "✓", "right"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer)
    assert verdict[:2] == (sign, key), verdict


def test_an_office_has_two_desks():
    async def three_clients():
        office = lab.Office()
        answers = await asyncio.gather(*[office.ask() for _ in range(3)], return_exceptions=True)
        return len(office.attempts), [type(answer).__name__ for answer in answers]

    assert simulate(three_clients()).result == (3, ["NoneType", "NoneType", "Busy"])


def test_where_there_is_no_postgresql_there_is_sqlite(monkeypatch):
    def none(max_connections):
        raise RuntimeError("it cannot be root")

    monkeypatch.setattr(lab, "postgres", none)
    with lab.database(max_connections=1) as database:
        assert database.name == "SQLite, in threads"
        with database.connect() as connection:
            assert connection.execute("select %s * 100", [3]).fetchone() == (300,)
            with pytest.raises(database.OperationalError, match="too many clients"):
                database.connect()

        async def ask():
            async with await database.connect_async() as connection:
                await connection.execute("select pg_sleep(0)")
                rows = await connection.execute("select %s * 100", [3])
                return await rows.fetchone(), await rows.fetchone()

        assert asyncio.run(ask()) == ((300,), None)
