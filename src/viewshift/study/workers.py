"""Jobs over processes, one core each: the same results however many there are, and a failed unit where one dies."""

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from joblib.externals.loky import ProcessPoolExecutor

from viewshift import simulate
from viewshift._processes import ONE_THREAD, begin_worker, leaving_ctrl_c_to_this
from viewshift.study.failures import one_sentence
from viewshift.study.setup import Setup
from viewshift.study.source import Source
from viewshift.study.trial import Job, Unit, failed_unit, run_unit

DIED = (
    "the process that worked on it ended before it was done (out of memory, or killed); run the study again with fewer "
    "workers or smaller panels"
)

_source: Source
"""In a worker: where its panels come from, so that those of a seed are made once."""


def units(
    jobs: Iterable[Job], scenarios: Mapping[str, simulate.Scenario], setup: Setup, workers: int
) -> Iterator[tuple[Job, Unit, bool]]:
    """Yield each job with what came of it, and whether its process lived to say so, in the order of completion.

    Parameters
    ----------
    jobs
        Detectors and seeds, those of one seed together.
    scenarios
        By name.
    setup
        Sizes.
    workers
        Number of processes; 1: no other than this one.

    Notes
    -----
    No more jobs are handed out than there are workers. When a process dies all of them are under suspicion, and each
    runs once more, alone; the one that dies again is a failed unit.
    """
    if workers == 1:
        source = Source(setup, scenarios)
        yield from ((job, run_unit(job, source), True) for job in jobs)
        return
    waiting = deque(jobs)
    while waiting:
        suspects = yield from _in_pool(waiting, min(workers, len(waiting)), (setup, scenarios))
        for job in suspects:
            if (yield from _in_pool(deque([job]), 1, (setup, scenarios))):
                yield job, failed_unit(f"ChildProcessError: {DIED}", "score", scenarios, setup), False


def _in_pool(
    waiting: deque[Job], workers: int, of: tuple[Setup, Mapping[str, simulate.Scenario]]
) -> Generator[tuple[Job, Unit, bool], None, list[Job]]:
    """Yield what comes of the jobs until all are done or a process dies; return the jobs that it left open."""
    pool = ProcessPoolExecutor(workers, initializer=_begin, initargs=(*of, os.getpid()), env=ONE_THREAD)
    running: dict[Future[Unit], Job] = {}
    suspects: list[Job] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                with leaving_ctrl_c_to_this():
                    future = pool.submit(_run, waiting[0])
                running[future] = waiting.popleft()
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    suspects.append(job)
                elif error is not None:  # what cannot be handed over
                    yield job, failed_unit(one_sentence(error), "fit", of[1], of[0]), True
                else:
                    yield job, future.result(), True
            if suspects:
                return [*suspects, *running.values()]
    except BrokenProcessPool:  # at handing out: a process died meanwhile
        return [*suspects, *running.values()]
    finally:
        pool.shutdown(wait=True, kill_workers=True)
    return []


def _begin(setup: Setup, scenarios: Mapping[str, simulate.Scenario], parent: int) -> None:
    global _source  # noqa: PLW0603 - one per process, set before its first job
    begin_worker(parent)
    _source = Source(setup, scenarios)


def _run(job: Job) -> Unit:
    return run_unit(job, _source)
