"""Exercises of notebook 16, traces put together from far workers, and that a cluster leaves nothing behind."""

import pickle
import subprocess
import sys

import pytest
from answers import READY, RUNNING, WAITING

from taketurns import Span, Trace, record
from taketurns.course import cluster
from taketurns.course.chromosomes import WORD
from taketurns.course.labs import cluster as lab

HERE, LOOP = "main thread", "thread 1"


def carried(*lanes):
    """A recording of tasks that run, each as (name, worker, start, end); a number is a worker of the cluster."""
    spans = []
    for name, worker, start, end in lanes:
        carrier = worker if isinstance(worker, str) else f"process {worker}, thread 1"
        spans.append(Span(name, RUNNING, carrier, start, end))
    return Trace("an answer", tuple(spans))


def throws(*names, worker=1):
    return carried(*[(name, worker, n, n + 1) for n, name in enumerate(names)])


def letters(*lanes, count=1):
    return carried(*lanes, ("count A", count, 2, 3), ("count B", count, 3, 4))


READS = [("read A", 1, 0, 1), ("read B", 2, 0, 1)]
JOBS = {
    "film": "a cluster",
    "prices": "this machine",
    "photos": "this machine",
    "table": "a bigger machine",
    "logs": "a cluster",
}


def graph(*workers, add=("add", 1, 7, 8), at_once=True):
    """Three chromosomes, read and counted by these workers, and a sum."""
    lanes = []
    for n, (name, worker) in enumerate(zip("ABC", workers, strict=True)):
        start = 0 if at_once else 2 * n
        lanes += [(f"read {name}", worker, start, start + 1), (f"count {name}", worker, start + 1, start + 2)]
    return carried(*lanes, *([add] if add else []))


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "said"),
    [
        (lab.four_throws, None, "…", "Nothing to check yet"),
        (lab.four_throws, throws("throw 6"), "…", "is the same task"),
        (lab.four_throws, throws("throw 6", worker=HERE), "✗", "Let the client hand the throws"),
        (lab.four_throws, throws(*[f"throw 6 {n}" for n in range(4)], worker=HERE), "✗", "Let the client hand"),
        (lab.four_throws, throws("throw 6 0", "throw 6 1"), "✗", "Tasks in your recording: 2, not 4"),
        (lab.four_throws, throws("throw 6", "throw 7", "throw 8", "throw 9"), "✗", "Keep the 6"),
        (lab.four_throws, throws(*[f"throw 6 {n}" for n in range(4)]), "✓", "four throws"),
        (lab.no_letters_travel, None, "…", "Nothing to check yet"),
        (lab.no_letters_travel, letters(("pack A", HERE, 0, 1), ("unpack A", 1, 1, 2)), "…", "As it stands"),
        (lab.no_letters_travel, carried(*READS), "✗", "asks for two counts"),
        (lab.no_letters_travel, letters(*READS, count=HERE), "✗", "Let the workers count"),
        (
            lab.no_letters_travel,
            letters(("read A", HERE, 0, 1), ("pack A", HERE, 1, 2), ("unpack A", 1, 1, 2)),
            "✗",
            "Who could read them?",
        ),
        (lab.no_letters_travel, letters(("pack A", LOOP, 0, 1)), "✗", "each is a journey"),
        (lab.no_letters_travel, letters(*READS, ("pack A", 1, 1, 2)), "✗", "Letters were packed and sent"),
        (lab.no_letters_travel, letters(), "✗", "from somewhere else"),
        (lab.no_letters_travel, letters(*READS), "✓", "Two names went out"),
        (lab.how_many_machines, dict.fromkeys(JOBS, ...), "…", "Nothing to check yet"),
        (lab.how_many_machines, {**JOBS, "logs": ...}, "…", "no answer yet for logs"),
        (lab.how_many_machines, {**JOBS, "film": "this machine"}, "✗", "more than ten hours"),
        (lab.how_many_machines, {**JOBS, "film": "a bigger machine"}, "✗", "a quarter of the time"),
        (lab.how_many_machines, {**JOBS, "prices": "a cluster"}, "✗", "a thousand tasks in a second"),
        (lab.how_many_machines, {**JOBS, "prices": "a bigger machine"}, "✗", "share 20 seconds"),
        (lab.how_many_machines, {**JOBS, "photos": "a cluster"}, "✗", "to send 400,000 MB"),
        (lab.how_many_machines, {**JOBS, "photos": "a bigger machine"}, "✗", "to that one as well"),
        (lab.how_many_machines, {**JOBS, "table": "this machine"}, "✗", "does not fit"),
        (lab.how_many_machines, {**JOBS, "table": "a cluster"}, "✗", "Where would nothing have to be sent?"),
        (lab.how_many_machines, {**JOBS, "logs": "this machine"}, "✗", "to get here"),
        (lab.how_many_machines, {**JOBS, "logs": "a bigger machine"}, "✗", "to get there"),
        (lab.how_many_machines, {**JOBS, "logs": "two"}, "✗", "none of the choices"),
        (lab.how_many_machines, JOBS, "✓", "What has to be moved"),
        (lab.as_a_graph, None, "…", "Nothing to check yet"),
        (lab.as_a_graph, graph(HERE, HERE, HERE, at_once=False), "…", "only the sum"),
        (lab.as_a_graph, carried(*READS), "✗", "three chromosomes"),
        (lab.as_a_graph, graph(1, 2, 1, add=None), "✗", "There is no sum"),
        (lab.as_a_graph, graph(1, 2, HERE), "✗", "is a call, here and now"),
        (lab.as_a_graph, graph(1, 2, 1, add=("add", HERE, 7, 8)), "✗", "is a call, here and now"),
        (lab.as_a_graph, graph(1, 2, 1, at_once=False), "✗", "one by one"),
        (lab.as_a_graph, graph(1, 2, 3, add=("add", 1, 1.5, 2)), "✗", "Which counts did it get?"),
        (lab.as_a_graph, graph(1, 2, 3), "✓", "one number came back"),
    ],
)
def test_an_answer_is_told_what_it_mistakes(exercise, answer, sign, said):
    verdict = exercise.verdict(answer)
    assert verdict.line.startswith(sign), verdict
    assert said in verdict.line


def test_the_table_of_the_exercise_follows_from_its_figures():
    def seconds(machines, tasks, work, megabytes):  # as in the notebook
        computing = tasks * work / (8 * machines)
        return computing if machines == 1 else max(computing, tasks * 0.001, tasks * megabytes / 100)

    figures = {"film": (5_000, 60, 1), "prices": (1_000_000, 20e-6, 0), "photos": (20_000, 0.05, 20)}
    better = {job: seconds(10, *of) < seconds(1, *of) for job, of in figures.items()}
    assert {job for job in better if better[job]} == {job for job in figures if JOBS[job] == "a cluster"}


# Letters


def test_letters_report_their_journey_and_arrive_unchanged():
    sent = lab.Letters("A", "GATTACA")
    with record() as trace:
        arrived = pickle.loads(pickle.dumps(sent))
    assert (arrived.name, arrived.text) == ("A", "GATTACA")
    assert trace.tasks == ("pack A", "unpack A")


def test_a_chromosome_is_always_the_same():
    assert lab.chromosome("A") == lab.chromosome("A")
    assert lab.chromosome("A").count(WORD) == 95
    assert set(lab.chromosome("A")) == set("ACGT")


# Recordings of far workers


def reply(began, worker, *spans):
    return cluster.Reply("done", spans, began, worker)


SEARCH = (Span("search", WAITING, "thread 1", 0.0, 0.1, "the disk"), Span("search", RUNNING, "thread 1", 0.1, 0.4))
#: The clock of x is 1000 s ahead of ours, that of y 5 s behind.
CLOCKS = {"tcp://x": cluster.Clock(1000 * 10**9, 2000), "tcp://y": cluster.Clock(-5 * 10**9, 3000)}


def test_without_clocks_every_call_begins_at_0():
    both = cluster.together("raw", [reply(1007 * 10**9, "tcp://x", *SEARCH), reply(3 * 10**9, "tcp://y", *SEARCH)])
    assert both.tasks == ("search 0", "search 1")
    assert [both.lane(name)[0].start for name in both.tasks] == [0, 0]
    assert both.peak_concurrency == 2


def test_with_clocks_every_call_stands_where_it_was():
    replies = [reply(1007 * 10**9, "tcp://x", *SEARCH), reply(int(2.5e9), "tcp://y", *SEARCH)]  # at 7 s and at 7.5 s
    both = cluster.together("aligned", replies, CLOCKS)
    first, second = both.lane("search 0"), both.lane("search 1")
    assert [span.start for span in first + second] == pytest.approx([0, 0.1, 0.5, 0.6])
    assert [span.reason for span in first] == ["the disk", ""]
    assert both.workers == ("process 1", "process 2")
    assert both.peak_concurrency == 1


def test_names_stay_where_only_one_call_has_them():
    one = Span("one", RUNNING, "thread 1", 0.0, 1.0)
    two = Span("two", READY, "thread 1", 1.0, 2.0)
    assert cluster.together("", [reply(0, "x", one, two)]).tasks == ("one", "two")
    assert cluster.together("", []).spans == ()


class Client:
    """A client with one worker, whose clock is ahead and which takes longer to answer the first time."""

    def __init__(self):
        self.now, self.journeys = 0, iter([(900, 100), (100, 100), (500, 700)])

    def nthreads(self):
        return {"tcp://x": 1}

    def run(self, function, workers):
        there, back = next(self.journeys)
        at = self.now + there + 4_000_000
        self.now += there + back
        return dict.fromkeys(workers, at)


def test_the_quickest_of_several_answers_tells_the_clock(monkeypatch):
    client = Client()
    monkeypatch.setattr(cluster.time, "perf_counter_ns", lambda: client.now)
    assert cluster.clocks(client, readings=3) == {"tcp://x": (4_000_000, 101)}


@pytest.mark.parametrize("there", [0, 1, 500, 999, 1000])
def test_the_difference_of_two_clocks_is_wrong_by_no_more_than_it_says(there, monkeypatch):
    client = Client()
    client.journeys = iter([(there, 1000 - there)])
    monkeypatch.setattr(cluster.time, "perf_counter_ns", lambda: client.now)
    [clock] = cluster.clocks(client, readings=1).values()
    assert abs(clock.ahead - 4_000_000) <= clock.error


# A real cluster, in a process of its own: what a client does in the background is none of this one's business


def run(script):
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=True
    ).stdout


USE = """
import logging, psutil
from taketurns import record
from taketurns.course import cluster
from taketurns.course.chromosomes import WORD
from taketurns.course.labs import cluster as lab
with cluster.Cluster(workers=1) as client, record() as trace:
    [helper] = psutil.Process().children()
    below = helper.children(recursive=True)
    print(client.submit(lab.throw, 1).result(), *trace.__dict__)
print(*trace.only("throw").tasks, client.status)
print(*logging.getLogger("distributed.client").filters, logging.getLogger("distributed.client").isEnabledFor(40))
print(len(psutil.wait_procs([helper, *below], timeout=60)[1]))
"""


def test_a_cluster_carries_tasks_and_is_gone_after_its_block():
    first, second, heard, third = run(USE).splitlines()
    assert first == "1 label"
    assert second == "throw 1 closed"
    assert heard == "True"  # other clients of this process may log again
    assert third == "0"


LEAVE = """
import os, psutil
from taketurns.course import cluster
client = cluster.start(workers=1)
print(*[process.pid for process in psutil.Process().children(recursive=True)], flush=True)
os.kill(os.getpid(), 9) if hasattr(os, "fork") else os._exit(1)
"""


def test_a_cluster_ends_with_the_process_that_started_it_however_that_ends():
    import psutil

    ended = subprocess.run([sys.executable, "-c", LEAVE], capture_output=True, text=True, timeout=100)
    assert ended.returncode != 0
    started = [int(number) for number in ended.stdout.split()]
    assert len(started) >= 2  # the scheduler and a worker
    left = [psutil.Process(number) for number in started if psutil.pid_exists(number)]
    assert psutil.wait_procs(left, timeout=60)[1] == []
