"""What the simple model of notebook 15 says, to the last digit."""

from itertools import pairwise

import pytest

from taketurns.course.prediction import MODELS, predict

ONE, THREADS, ASYNCIO, PROCESSES, BOTH = MODELS


def durations(**numbers):
    return [trace.duration for trace in predict(**numbers).values()]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"cpu_share": 0, "start": 0}, [1.6, 0.4, 0.4, 0.4, 0.4]),
        ({"cpu_share": 100, "start": 0}, [1.6, 1.6, 1.6, 0.4, 0.4]),
        ({"cpu_share": 100, "start": 0, "cores": 2}, [1.6, 1.6, 1.6, 0.8, 0.8]),
        ({"cpu_share": 25, "start": 0}, [1.6, 0.7, 0.7, 0.4, 0.4]),
        ({"cpu_share": 25, "start": 0, "cores": 1}, [1.6, 0.7, 0.7, 0.7, 0.7]),
        ({"cpu_share": 25, "start": 0, "gil": False}, [1.6, 0.4, 0.7, 0.4, 0.4]),
        ({"cpu_share": 25, "start": 0.1}, [1.6, 0.7, 0.7, 0.5, 0.4]),
        ({"cpu_share": 25, "start": 0.1, "cores": 2}, [1.6, 0.7, 0.7, 0.6, 0.5]),
        ({"cpu_share": 100, "start": 0.1}, [1.6, 1.6, 1.6, 0.5, 0.5]),
        ({"tasks": 1, "cores": 8, "start": 0}, [0.4] * 5),
        ({"tasks": 3, "seconds": 0.01, "cpu_share": 50, "cores": 2}, [0.03, 0.02, 0.02, 0.21, 0.11]),
    ],
)
def test_how_long_each_model_takes(numbers, expected):
    assert durations(**numbers) == pytest.approx(expected)


def test_as_many_are_in_progress_in_every_model_but_the_first():
    traces = predict(tasks=6, cores=2, start=0)
    assert [trace.peak_concurrency for trace in traces.values()] == [1, 6, 6, 6, 6]
    assert [trace.peak_parallelism for trace in traces.values()] == [1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    "numbers", [{}, {"cpu_share": 100}, {"gil": False}, {"tasks": 9, "cores": 2}, {"cpu_share": 1}]
)
def test_every_task_waits_and_computes_for_as_long_as_it_has_to(numbers):
    share = numbers.get("cpu_share", 25) / 100
    for trace in predict(**numbers).values():
        assert len(trace.tasks) == numbers.get("tasks", 4)
        for task in trace.tasks:
            times = trace.time_in("RUNNING", task), trace.time_in("WAITING", task)
            assert times == pytest.approx((0.4 * share, 0.4 * (1 - share)))
            lane = trace.lane(task)
            assert all(before.end == after.start for before, after in pairwise(lane))


def test_nobody_runs_where_there_is_no_place_for_it():
    for numbers in ({"cores": 2, "tasks": 8}, {"cores": 2, "tasks": 8, "gil": False}):
        for model, trace in predict(**numbers).items():
            one_at_a_time = model in (ONE, ASYNCIO) or (model == THREADS and numbers.get("gil", True))
            assert trace.peak_parallelism == (1 if one_at_a_time else 2)


def test_who_carries_what():
    traces = predict(tasks=3, cores=2)
    assert traces[ONE].workers == traces[ASYNCIO].workers == ("main thread",)
    assert len(traces[THREADS].workers) == 3
    assert {span.process for span in traces[PROCESSES].spans} == {"process 0", "process 1", "process 2"}
    assert {span.process for span in traces[BOTH].spans} == {"", "process 0", "process 1"}


def test_why_a_task_is_ready():
    reasons = [{span.reason for span in t.spans if span.state == "READY"} for t in predict(cores=2, start=0).values()]
    assert reasons == [set(), {"GIL"}, {"event loop"}, {"core"}, {"core"}]
    assert {span.reason for span in predict(cores=2, gil=False)[THREADS].spans if span.state == "READY"} == {"core"}


def test_nobody_takes_it_for_a_recording():
    for model, trace in predict().items():
        assert trace.label == f"predicted: {model}"
        assert dict(trace.origin) == {"clock": "predicted"}


@pytest.mark.parametrize(
    "wrong", [{"tasks": 0}, {"cores": 0}, {"seconds": 0}, {"start": -1}, {"cpu_share": -1}, {"cpu_share": 101}]
)
def test_a_number_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="1 task or more"):
        predict(**wrong)
