import threading

import pytest

from taketurns import record


@pytest.mark.parametrize(("package", "is_there"), [("loky", False), ("distributed", False), ("pages", True)])
def test_the_threads_of_a_pool_or_a_cluster_are_its_own_affair(package, is_there):
    def serve():
        pass

    serve.__module__ = f"{package}.inside"
    with record() as trace:
        thread = threading.Thread(target=serve)
        thread.start()
        thread.join()
    assert ("serve()" in trace.tasks) is is_there


def test_what_loky_does_for_a_pool_of_processes_is_no_task():
    loky = pytest.importorskip("loky")
    with record() as trace, loky.ProcessPoolExecutor(1) as pool:
        pool.submit(int).result()
    assert trace.tasks == ()
