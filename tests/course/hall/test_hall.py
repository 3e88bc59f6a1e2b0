import json
import re
from base64 import b64decode
from html import unescape
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns import Exhibition, Span, State, Trace, hall, play, record
from taketurns.course.hall.games import START, games, position, seat
from taketurns.course.hall.pieces import LIGHT
from taketurns.course.hall.tables import STATES, clock, tables

RUNNING, READY, WAITING = State.RUNNING, State.READY, State.WAITING
SVG = "{http://www.w3.org/2000/svg}"


def lane(task, *rounds, until=0.0):
    """Return one board: READY from the last reply to her next move, which begins at each of the times."""
    spans, free = [], until
    for start in rounds:
        if start > free:
            spans.append(Span(task, READY, "main thread", free, start, "event loop"))
        spans.append(Span(task, RUNNING, "main thread", start, start + 5))
        free = start + 60
        spans.append(Span(task, WAITING, "main thread", start + 5, free, "timer"))
    return spans


def interleaved(boards=24, rounds=30):
    every = max(60, 5 * boards)
    lanes = (lane(f"board {b + 1}", *(every * k + 5 * b for k in range(rounds))) for b in range(boards))
    return Trace("walking", [span for spans in lanes for span in spans])


def sequential(boards=24, rounds=30):
    starts = [[60 * (rounds * b + k) for k in range(rounds)] for b in range(boards)]
    lanes = (lane(f"board {b + 1}", *starts[b], until=starts[b][0]) for b in range(boards))
    return Trace("one by one", [span for spans in lanes for span in spans])


def clones(boards=24):
    return Trace("clones", [span for b in range(boards) for span in lane(f"board {b + 1}", 0, 60)])


def svgs(shown):
    """Return the rooms of the still, parsed, each with its alternative text."""
    images = re.findall(r'<img alt="([^"]*)"[^>]*src="data:image/svg\+xml;base64,([^"]+)"', shown.still)
    return [(unescape(alt), ElementTree.fromstring(b64decode(source))) for alt, source in images]


def found(svg, name):
    return [element for element in svg.iter() if element.get("class") == name]


def text(svg, name):
    (element,) = found(svg, name)
    return element.text


def test_after_two_minutes_one_board_has_moved_on_and_in_the_other_room_all_have():
    shown = hall(sequential(), interleaved())
    shown.go(120)
    one, other = [svg for _, svg in svgs(shown)]
    assert (text(one, "clock"), text(one, "moved"), text(one, "moves")) == (
        "0:02:00",
        "boards that have moved on: 1 of 24",
        "moves: 4 of 1440",
    )
    assert (text(other, "moved"), text(other, "moves")) == ("boards that have moved on: 24 of 24", "moves: 37 of 1440")


def test_a_half_move_is_made_when_her_move_or_a_reply_ends():
    shown = hall(interleaved(3, 2))
    seen = []
    for time in (0, 4.9, 5, 59.9, 60, 65, 120):
        shown.go(time)
        seen.append(shown.position(0, "board 1"))
    first = games()[0].positions
    assert seen == [START, START, first[0], first[0], first[1], first[2], first[3]]
    shown.go(10)
    assert shown.position(0, "board 2") == games()[1].positions[0]
    assert shown.position(0, "board 3") == START


def test_each_board_is_in_the_state_of_its_span():
    shown = hall(interleaved(13, 2), sequential(2, 1))
    told = []
    for time in (0, 5, 60, 65, 125):
        shown.go(time)
        told.append((shown.state(0, "board 1"), shown.state(0, "board 2"), shown.state(1, "board 2")))
    assert told == [
        ("her move", "your move", "not begun"),
        ("thinks", "her move", "not begun"),
        ("your move", "thinks", "her move"),
        ("her move", "your move", "thinks"),
        ("finished", "thinks", "finished"),
    ]


def test_the_picture_has_a_board_for_each_task_and_a_piece_for_each_letter():
    shown = hall(interleaved(7, 30), sequential(2, 30))
    shown.go(1800)
    for number, (_, svg) in enumerate(svgs(shown)):
        names = shown.traces[number].tasks
        drawn = [[use.get("href") for use in group] for group in found(svg, "pieces")]
        letters = [re.findall("[a-zA-Z]", shown.position(number, name)) for name in names]
        assert drawn == [[f"#{letter}" for letter in board] for board in letters]
        assert [table[-1].text for table in found(svg, "table")] == list(names)
        marks = [STATES[int(mark.get("href")[2:])] for mark in found(svg, "state")]
        assert marks == [shown.state(number, name) for name in names]


def test_pieces_stand_on_their_squares():
    (_, svg), *_ = svgs(hall(interleaved(1, 1)))
    (pieces,) = found(svg, "pieces")
    at = {(use.get("x"), use.get("y")): use.get("href") for use in pieces}
    assert (at["0", "0"], at["30", "0"], at["40", "70"], at["70", "60"]) == ("#r", "#q", "#K", "#P")
    drawn = {element.get("id"): ElementTree.tostring(element, "unicode") for element in svg.iter(f"{SVG}g")}
    assert "M0 70h" in drawn["board"], "the square in White's left corner is dark"
    assert "M0 0h" not in drawn["board"]
    assert [letter for letter in "KQRBNPkqrbnp" if LIGHT in drawn[letter]] == list("KQRBNP")


@pytest.mark.parametrize(
    ("trace", "time", "figures", "said"),
    [
        (interleaved(), 0, 1, "She is at board 1."),
        (interleaved(), 67, 1, "She is at board 14."),
        (interleaved(2, 2), 30, 1, "She waits for a reply."),
        (interleaved(), 3655, 1, "The last reply came at 1:00:55."),
        (sequential(), 43_200, 1, "The last reply came at 12:00:00."),
        (clones(), 3, 24, "She is at 24 boards at once: there are 24 of her."),
        (clones(), 30, 1, "She waits for a reply."),
        (Trace("", [Span("A", RUNNING, "w", 0, 5)]), 5, 1, "Her last move was made at 0:00:05."),
        (Trace("", [Span("A", READY, "w", 0, 5)]), 2, 1, "She is at no board."),
    ],
)
def test_there_is_one_master_unless_several_boards_run_at_once(trace, time, figures, said):
    shown = hall(trace)
    shown.go(time)
    ((_, svg),) = svgs(shown)
    (masters,) = found(svg, "masters")
    assert (len(masters), text(svg, "said")) == (figures, said)


def test_she_stands_at_her_board_and_stays_there_until_she_is_at_the_next():
    shown = hall(interleaved(2, 2))
    places = []
    for time in (2, 7, 30, 62):
        shown.go(time)
        (masters,) = found(svgs(shown)[0][1], "masters")
        places.append(masters[0].get("transform"))
    assert places[0] == places[3] != places[1] == places[2]


def test_the_alternative_text_says_what_is_seen():
    shown = hall(interleaved(3, 2))
    shown.go(7)
    ((alt, svg),) = svgs(shown)
    assert alt == svg.get("aria-label")
    assert svg.get("role") == "img"
    assert alt == (
        "walking at 0:00:07 of simulated time. She is at board 2. moves: 1 of 12; boards that have moved on: 1 of 3. "
        "Boards by state: her move: 1, your move: 1, thinks: 1."
    )


def test_its_still_is_small_and_its_repr_says_the_time():
    shown = hall(sequential(), interleaved())
    shown.go(2000)
    assert repr(shown) == "<Hall 'one by one', 'walking': 0:33:20 of 12:00:00>"
    assert len(shown.still) < 150_000


def test_ids_are_those_of_one_widget_alone_and_all_that_is_used_is_there():
    widgets = [hall(interleaved(2, 1), sequential(2, 1)), hall(interleaved(2, 1))]
    pictures = [ElementTree.fromstring(picture) for shown in widgets for picture in shown._pictures]
    ids = [[element.get("id") for element in svg.iter() if element.get("id")] for svg in pictures]
    everywhere = [one for own in ids for one in own]
    used = [{use.get("href") for use in svg.iter(f"{SVG}use")} for svg in pictures]
    assert len(set(everywhere)) == len(everywhere)
    assert all(hrefs <= {f"#{one}" for one in own} for hrefs, own in zip(used, ids, strict=True))


def test_what_the_script_gets_is_plain_data():
    shown = hall(interleaved(2, 1))
    plan = json.loads(json.dumps(shown._plan))
    assert plan["rooms"][0]["moves"] == [[5, 60], [10, 65]]
    assert [STATES[state] for state in plan["rooms"][0]["changes"][1][1]] == [
        *("your move", "her move", "thinks", "finished")
    ]
    assert len(plan["rooms"][0]["stands"]) == 2
    assert "export default" in shown._esm


def test_go_stays_within_the_longest_trace():
    shown = hall(interleaved(2, 1), sequential(3, 1))
    for asked, comes in ((-5, 0), (61, 61), (1e9, 180), (float("inf"), 180), (float("nan"), 0)):
        shown.go(asked)
        assert shown.time == comes
    shown.time = 500
    assert shown.time == 180
    shown.go(0)
    assert shown.position(0, "board 1") == START


def test_up_to_48_boards_have_room():
    ((_, svg),) = svgs(hall(interleaved(48, 1)))
    places = [table.get("transform") for table in found(svg, "table")]
    assert len(set(places)) == 48
    with pytest.raises(ValueError, match="has room for 1 to 48 boards; the trace 'walking' has 49"):
        hall(interleaved(49, 1))


def test_names_from_a_trace_are_escaped_and_shortened():
    ((alt, svg),) = svgs(hall(Trace("a < b", [Span("<b> & a very long name", RUNNING, "w", 0, 1)])))
    assert found(svg, "table")[0][-1].text == "<b> &…ame"
    assert alt.startswith("a < b at 0:00:00 of simulated time. She is at <b> & a very long name.")


def test_what_cannot_be_played_back_is_told():
    with pytest.raises(TypeError, match="at least one trace"):
        hall()
    with pytest.raises(TypeError, match="plays back a Trace"):
        hall([interleaved(1, 1)])
    with pytest.raises(ValueError, match="'empty' has 0"):
        hall(Trace("empty", ()))
    with record("still on") as trace:
        with pytest.raises(RuntimeError, match="can be read after"):
            hall(trace)
    with pytest.raises(KeyError, match="its tasks are board 1"):
        hall(interleaved(1, 1)).state(0, "board 9")


def test_steps_without_length_and_waits_for_something_else_are_no_moves():
    spans = [Span("A", RUNNING, "w", 0, 5), Span("A", WAITING, "w", 5, 60, "timer"), Span("A", RUNNING, "w", 60, 60)]
    lock = Span("A", WAITING, "w", 60, 70, "lock")
    read = tables(Trace("", [*spans, lock]))
    assert read.moves == ((5.0, 60.0),)
    assert [STATES[read.state(0, time)] for time in (0, 5, 60, 70)] == ["her move", "thinks", "waits", "finished"]


def test_a_game_that_is_over_is_followed_by_the_next_in_the_file():
    for board in (0, 2, 18, 22, 23, 24):
        game, following = games()[board % 24], games()[(board + 1) % 24]
        length = len(game.positions)
        assert length % 2 == 0
        assert position(board, length) == game.positions[-1]
        assert position(board, length + 1) == following.positions[0]
        assert seat(board, length + 1) == ((board + 1) % 24, 1)
    odd = next(game for game in games() if game.moves[-1] == "")
    assert odd.positions[-1] == START


def test_a_clock_shows_hours_minutes_and_whole_seconds():
    times = (0, 59.99, 60, 3655, 43_200, 59.9999999999)
    assert [clock(time) for time in times] == ["0:00:00", "0:00:59", "0:01:00", "1:00:55", "12:00:00", "0:01:00"]


TIMES = st.integers(0, 40).map(lambda number: number / 4)
REASONS = {RUNNING: [""], READY: ["event loop"], WAITING: ["timer", "lock"]}
SPANS = st.sampled_from([(state, reason) for state, reasons in REASONS.items() for reason in reasons]).flatmap(
    lambda told: st.builds(
        lambda task, times: Span(task, told[0], "w", min(times), max(times), told[1]),
        st.sampled_from("ABC"),
        st.tuples(TIMES, TIMES),
    )
)


def naive_state(spans, time):
    """Return the word for a board by looking at every span."""
    now = {(span.state, span.reason) for span in spans if span.start <= time < span.end}
    words = {"her move": (RUNNING, ""), "your move": (READY, "event loop")}
    words |= {"thinks": (WAITING, "timer"), "waits": (WAITING, "lock")}
    here = [word for word, told in words.items() if told in now]
    if not any(span.start <= time for span in spans):
        return "not begun"
    return here[0] if here else "idle" if any(span.end > time for span in spans) else "finished"


@given(st.lists(SPANS, max_size=20), st.lists(TIMES, max_size=8))
def test_at_all_times_moves_and_states_are_those_of_the_spans(spans, times):
    trace = Trace("", [Span("A", WAITING, "w", 0, 0.25, "timer"), *spans])
    read = tables(trace)
    for time in [*times, 0, trace.duration]:
        for number, task in enumerate(trace.tasks):
            own = [span for span in trace.lane(task) if span.duration]
            moves = [span for span in own if span.state is RUNNING or span.reason == "timer"]
            assert read.made(number, time) == sum(span.end <= time for span in moves)
            assert STATES[read.state(number, time)] == naive_state(own, time)
        running = {span.task for span in trace.spans if span.state is RUNNING and span.start <= time < span.end}
        assert {trace.tasks[number] for number in read.at_move(time)} == running
        assert len(read.standing(time)) == max(len(running), 1)


def test_a_team_is_no_crowd_of_clones():
    team = hall(play(Exhibition(4, rounds=1, masters=2), "callbacks"))
    assert team.rooms[0].sentence(0) == "2 masters are at the boards."
    assert "2 masters are at the boards." in team._pictures[0]
    clones = Trace("", [Span(name, RUNNING, f"master {name}", 0, 5) for name in "AB"])
    assert tables(clones).sentence(0) == "She is at 2 boards at once: there are 2 of her."
