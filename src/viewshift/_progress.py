"""A progress bar where somebody is watching."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[..., None]
"""Called with what was just done, and how many steps it was (default 1)."""


@contextmanager
def progress_bar(n_steps: int, show: bool | None, first: str) -> Iterator[Progress]:
    """Show a bar on the error stream while the block runs.

    Parameters
    ----------
    n_steps
        Number of steps to do.
    show
        Whether to show it; None: if the error stream is a terminal that can move its cursor (``TERM`` is not dumb).
    first
        What is being done at first.
    """
    if not (sys.stderr.isatty() and os.environ.get("TERM") != "dumb" if show is None else show):
        yield lambda what, steps=1: None
        return
    from rich import progress as bars  # noqa: PLC0415 - only where somebody is watching
    from rich.console import Console  # noqa: PLC0415

    columns = (
        bars.BarColumn(30),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
        bars.TextColumn("{task.description}"),
    )
    with bars.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(first, total=n_steps)
        yield lambda what, steps=1: bar.update(task, advance=steps, description=what)
