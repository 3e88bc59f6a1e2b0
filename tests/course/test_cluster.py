"""What a cluster's client tells of itself; that a cluster works is tested with the lab of notebook 16."""

import asyncio
import concurrent.futures

import pytest

from taketurns.course.cluster import _report
from taketurns.recording import children


@pytest.mark.parametrize(
    ("error", "told"),
    [(asyncio.CancelledError(), 0), (concurrent.futures.CancelledError(), 0), (OSError("gone"), 1), (None, 1)],
)
def test_only_that_a_wait_was_canceled_is_not_told(error, told, caplog):
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(_report)
    loop.call_exception_handler({"message": "a future failed", **({"exception": error} if error else {})})
    loop.close()
    assert len(caplog.records) == told


def test_far_workers_know_nothing_of_a_recording_here():
    assert not any(children.folder().path in value for value in children.apart().values())
