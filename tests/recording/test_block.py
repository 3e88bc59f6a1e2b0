import asyncio

import pytest

from taketurns import Trace, compute, record


def test_record_takes_a_label():
    with record("a label") as trace:
        pass
    assert trace == Trace("a label", (), trace.origin)


def test_a_label_is_a_string():
    with pytest.raises(TypeError, match=r'record\(\) takes a label, a string such as "4 threads"; it was given 4'):
        record(4)


def test_spans_cannot_be_read_while_the_recording_is_on():
    with record("on") as trace, pytest.raises(RuntimeError, match="can be read after its `with record"):
        trace.spans  # noqa: B018


def test_one_record_object_can_record_again():
    again = record("again")
    with again as first:
        compute(0.001)
    with again as second:
        pass
    assert (len(first.tasks), len(second.tasks)) == (1, 0)


def test_async_with_records_too():
    async def main():
        async with record("async") as trace:
            compute(0.001)
        return trace

    assert asyncio.run(main()).tasks == ("task 0",)


def test_two_asyncio_tasks_cannot_both_record():
    async def one():
        async with record("one"):
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def main():
        return await asyncio.gather(one(), one(), return_exceptions=True)

    first, second = asyncio.run(main())
    assert first is None
    assert isinstance(second, RuntimeError)
