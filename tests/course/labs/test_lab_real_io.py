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
    ("exercise", "answer", "sign", "said"),
    [
        (lab.connections, dict.fromkeys("ABCD", ...), "…", "Nothing to check yet"),
        (lab.connections, {**RIGHT, "A": 6}, "✗", "A: A client keeps its connection"),
        (lab.connections, {**RIGHT, "B": 1}, "✗", "B: A connection belongs to its client"),
        (lab.connections, {**RIGHT, "C": 1}, "✗", "C: HTTP/1.1 carries one request at a time"),
        (lab.connections, {**RIGHT, "D": 6}, "✗", "D: A connection is free again"),
        (lab.connections, {**RIGHT, "D": 2}, "✗", "D: Two is the number of rounds"),
        (lab.connections, RIGHT, "✓", "as requests are in progress at once"),
        (lab.three_at_a_time, three(most_at_once=1, lanes=4), "…", "one page at a time"),
        (lab.three_at_a_time, three(None, FAILED, refused=3), "✗", "limits nobody"),
        (lab.three_at_a_time, three(None, NameError("limit")), "✗", "NameError('limit')"),
        (lab.three_at_a_time, three(None, requests=0, most_at_once=0), "✗", "saw 0 requests"),
        (lab.three_at_a_time, three(most_at_once=1), "✗", "one by one"),
        (lab.three_at_a_time, three(most_at_once=2), "✗", "worked on 2 pages at once"),
        (lab.three_at_a_time, three(None), "✗", "You returned None"),
        (lab.three_at_a_time, three(), "✓", "none refused"),
        (lab.others_go_on, five(None, FAILED), "…", "takes the other four pages with it"),
        (lab.others_go_on, five(None, ValueError("500")), "✗", "nobody got the others"),
        (lab.others_go_on, five([*FIVE[:2], ValueError(), *FIVE[3:]]), "✗", "There is an exception among"),
        (lab.others_go_on, five([*FIVE[:2], "<html>500", *FIVE[3:]]), "✗", "raises nothing by itself"),
        (lab.others_go_on, five(most_at_once=1), "✗", "one by one"),
        (lab.others_go_on, five([text for text in FIVE if text]), "✗", "which page is missing"),
        (lab.others_go_on, five([None, *FIVE[:2], *FIVE[3:]]), "✗", "None in the third place"),
        (lab.others_go_on, five(), "✓", "in its own task"),
        (lab.asks_again, calls([]), "…", "asks once"),
        (lab.asks_again, calls([1]), "✗", "gave up too early"),
        (lab.asks_again, calls([1, 2, 4], again=True), "✗", "called again after there was an answer"),
        (lab.asks_again, calls([0, 0]), "✗", "asked again at once"),
        (lab.asks_again, calls([1, 1]), "✗", "as long as each other"),
        (lab.asks_again, calls([2, 4]), "✗", "the first pause be 1 s"),
        (lab.asks_again, calls([1, 2], then=4), "✗", "pause after the answer"),
        (lab.asks_again, simulate(forgets(lab.Flaky(2))), "✗", "let the function return"),
        (lab.asks_again, calls([1, 2]), "✓", "Three calls"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, said):
    verdict = exercise.verdict(answer)
    assert (verdict.sign, said in verdict.line) == (sign, True), verdict


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
