"""Columns hold what spans hold: no more, no less, in order of their start, and what is the same only once."""

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.trace.columns import Columns, Kind
from taketurns.trace.spans import Span, State, Where
from taketurns.trace.trace import Trace

spans = st.lists(
    st.builds(
        lambda task, state, worker, times, *more: Span(task, state, worker, *sorted(times), *more),
        st.sampled_from("abc"),
        st.sampled_from(State),
        st.sampled_from(["main thread", "thread 1"]),
        st.tuples(*[st.floats(0, 9)] * 2),
        st.sampled_from(["", "GIL", "lock"]),
        st.none() | st.just(Where("shop.py", 3, "pay()")),
        st.sampled_from(["", "a"]),
    ),
    max_size=12,
).map(lambda found: tuple(sorted(found, key=lambda span: span.start)))


@given(spans)
def test_spans_are_what_they_were(found):
    columns = Columns.of(found)
    assert columns.spans() == found
    assert all(
        type(span) is Span and hash(span) == hash(same) for span, same in zip(columns.spans(), found, strict=True)
    )


@given(spans)
def test_what_occurs_is_held_once_in_the_order_in_which_it_occurs(found):
    columns = Columns.of(found)
    assert columns.tasks == tuple(dict.fromkeys(span.task for span in found))
    assert columns.workers == tuple(dict.fromkeys(span.worker for span in found))
    kinds = (Kind(span.state, span.reason, span.where, span.waker) for span in found)
    assert columns.kinds == tuple(dict.fromkeys(kinds))


@given(spans, st.data())
def test_those_that_are_left_are_columns_as_if_there_were_no_others(found, data):
    which = data.draw(st.lists(st.booleans(), min_size=len(found), max_size=len(found)))
    left = [span for span, stays in zip(found, which, strict=True) if stays]
    assert Columns.of(found).only(which) == Columns.of(left)


@given(spans)
def test_which_spans_are_of_a_task_and_of_a_kind(found):
    columns = Columns.of(found)
    tasks, kinds = [task == "a" for task in columns.tasks], [kind.state is State.READY for kind in columns.kinds]
    assert [bool(each) for each in columns.which(tasks, kinds)] == [
        span.task == "a" and span.state is State.READY for span in found
    ]


@given(spans)
def test_a_trace_of_columns_is_equal_to_the_one_of_its_spans(found):
    trace = Trace.of(Columns.of(found), "the same")
    assert "spans" not in vars(trace)  # nobody has asked for them yet
    assert trace == Trace("the same", found)
    assert trace.lanes == Trace("the same", found).lanes


@pytest.mark.parametrize("is_on", [True, False])
def test_the_garbage_collector_is_as_it_was(is_on):
    columns = Columns.of((Span("a", State.RUNNING, "main thread", 0, 1),))
    was_on = gc.isenabled()
    (gc.enable if is_on else gc.disable)()
    try:
        columns.spans()
        assert gc.isenabled() is is_on
    finally:
        (gc.enable if was_on else gc.disable)()
