"""A pool of processes for the jobs of one task, which is handed over once."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from joblib.externals.loky import ProcessPoolExecutor

from viewshift._processes import ONE_THREAD, begin_worker, leaving_ctrl_c_to_this

J = TypeVar("J")
R = TypeVar("R")

DIED = (
    "a worker ended before it was done (out of memory, or killed). What is finished is kept: call it again, with fewer "
    "`workers` or a smaller `at_once`."
)

_task: Any
"""In a worker: what all jobs share."""


class Pool:
    """Does jobs of a task, in this process if there is one worker.

    Parameters
    ----------
    task
        What all jobs share.
    workers
        Number of processes.
    """

    def __init__(self, task: Any, workers: int) -> None:
        self._task, self._workers = task, workers
        self._pool: Any = None

    def each(self, do: Callable[[Any, J], R], jobs: Iterable[J]) -> Iterator[tuple[J, R]]:
        """Yield each job with what came of it, in the order of completion; no more are begun than there are workers.

        Parameters
        ----------
        do
            Called with the task and a job.
        jobs
            Any number; each is asked for when it is begun.

        Raises
        ------
        ChildProcessError
            If a worker dies.
        """
        if self._workers <= 1:
            yield from ((job, do(self._task, job)) for job in jobs)
            return
        waiting = iter(jobs)
        running: dict[Future[R], J] = {}
        try:
            while True:
                for job in islice(waiting, self._workers - len(running)):
                    with leaving_ctrl_c_to_this():
                        future = self._processes().submit(_run, do, job)
                    running[future] = job
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        except BrokenProcessPool:
            raise ChildProcessError(DIED) from None

    def _processes(self) -> Any:
        if self._pool is None:
            given = {"initializer": _begin, "initargs": (self._task, os.getpid()), "env": ONE_THREAD}
            self._pool = ProcessPoolExecutor(self._workers, **given)
        return self._pool

    def close(self) -> None:
        """End the workers, whatever they are at."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)


@contextmanager
def pool(task: Any, workers: int) -> Iterator[Pool]:
    """Give a pool, whose workers end with the block.

    Parameters
    ----------
    task, workers
        As for `Pool`.
    """
    made = Pool(task, workers)
    try:
        yield made
    finally:
        made.close()


def _begin(task: Any, parent: int) -> None:
    global _task  # noqa: PLW0603 - one per process, set before its first job
    begin_worker(parent)
    _task = task


def _run(do: Callable[[Any, J], R], job: J) -> R:
    return do(_task, job)
