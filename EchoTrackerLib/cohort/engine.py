"""Runs one function over many tasks: on Dask workers (threads, a cluster on this machine, any scheduler), or right
here.

Tasks come from a stream and only a few are under way at a time, so a manifest of any length needs the same memory. The
results come in the order in which they are finished; who needs another order puts them in order himself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Generic, Optional, TypeVar

from ..errors import BadInput, EchoTrackerError, MissingDependency
from ..tracking.device import thread_settings
from .optional import distributed

Task = TypeVar("Task")
Value = TypeVar("Value")
THREADS_SCHEDULER = "threads"
_QUEUED_PER_WORKER = 2  # the next task is there before a worker asks for it


@dataclass(frozen=True)
class TaskOutcome(Generic[Task, Value]):
    """What became of a task: its value, or the reason why there is none."""

    task: Task
    value: Optional[Value] = None
    reason: str = ""


@dataclass(frozen=True)
class Engine:
    """Where tasks run.

    Attributes:
        workers: processes (or threads) on this machine; 0 for one a core. One worker needs no Dask.
        scheduler: "" for a cluster of processes on this machine, "threads" for threads of this process, or the address
            of a Dask scheduler ("tcp://host:8786"), whose workers see the same files and have this package installed.
        threads: of the processor that each worker computes with. Results may depend on it in the last digit.
        tell: told in one line what a user should know, e.g. the dashboard's address.
    """

    workers: int = 0
    scheduler: str = ""
    threads: int = 1
    tell: Callable[[str], None] = lambda line: None

    def run(
        self, function: Callable[[Task], Value], tasks: Iterator[Task], scratch: Path
    ) -> Iterator[TaskOutcome[Task, Value]]:
        """Yield an outcome a task, as they are finished. The reason of one that failed is a sentence for the user.

        Args:
            function: importable by its name, so that workers find it; it may be called again for a task whose worker
            died.
            tasks: picklable.
            scratch: folder for Dask's own files.

        Raises:
            BadInput: no scheduler answers at the address.
        """
        workers = self.workers or available_cores()
        os.environ.update(thread_settings(self.threads))  # before numpy's libraries start their threads
        if not self.scheduler and workers > 1:
            try:
                distributed()
            except MissingDependency as error:
                self.tell(f"One clip at a time: {error}")
                workers = 1
        if not self.scheduler and workers == 1:
            for task in tasks:
                yield attempt(function, task)
            return
        with self._client(workers, scratch) as client:
            yield from _on_workers(client, function, tasks)

    @contextmanager
    def _client(self, workers: int, scratch: Path) -> Iterator[Any]:
        import logging

        if self.scheduler and self.scheduler != THREADS_SCHEDULER:
            try:
                client = distributed().Client(self.scheduler, timeout="10s", set_as_default=False)
            except (OSError, ValueError, TimeoutError) as error:
                raise BadInput(f"--scheduler {self.scheduler}: no Dask scheduler answers there ({error}).") from error
            with client:
                self._announce(client)
                yield client
            return
        local = distributed().LocalCluster
        import dask.config

        processes = self.scheduler != THREADS_SCHEDULER
        # A worker that died is replaced, but the cluster forgets it where that takes longer than this.
        patience = dask.config.set({"distributed.deploy.lost-worker-timeout": "1h"})
        cluster = local(
            n_workers=workers if processes else 1,
            threads_per_worker=1 if processes else workers,
            processes=processes,
            dashboard_address="127.0.0.1:0",
            local_directory=str(scratch),
            silence_logs=logging.CRITICAL,  # a worker that dies is told in the table
        )
        with patience, cluster, distributed().Client(cluster, set_as_default=False) as client:
            self._announce(client)
            yield client

    def _announce(self, client: Any) -> None:
        import importlib.util

        hint = "" if importlib.util.find_spec("bokeh") else " (needs the package bokeh)"
        self.tell(f"Dask dashboard: {client.dashboard_link}{hint}")


def attempt(function: Callable[[Task], Value], task: Task) -> TaskOutcome[Task, Value]:
    """Return what becomes of one task, here and now; errors become reasons."""
    try:
        return TaskOutcome(task, function(task))
    except EchoTrackerError as error:
        return TaskOutcome(task, reason=str(error))
    except Exception as error:  # whatever a library does to one clip, the others go on
        return TaskOutcome(task, reason=f"Unexpected {type(error).__name__}: {error}")


def available_cores() -> int:
    """Return how many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _on_workers(
    client: Any, function: Callable[[Task], Value], tasks: Iterator[Task]
) -> Iterator[TaskOutcome[Task, Value]]:
    """Keep as many tasks under way as the cluster's workers, which may come and go, need."""
    waiting = distributed().as_completed(loop=client.loop)
    under_way: dict[Any, Task] = {}
    suspects: list[Task] = []  # their workers died again and again, which may be the fault of a neighbor on the worker
    exhausted = False
    while True:
        room = max(1, _QUEUED_PER_WORKER * sum(client.nthreads().values())) - len(under_way)
        for _place in range(room):
            task = next(tasks, None)
            exhausted = task is None
            if task is None:
                break
            future = client.submit(attempt, function, task, pure=False)
            under_way[future] = task
            waiting.add(future)
        if exhausted and not under_way:
            break
        future = next(waiting)
        task = under_way.pop(future)
        outcome = _outcome(future, task)
        if outcome is None:
            suspects.append(task)
        else:
            yield outcome
        future.release()
    for task in suspects:  # one at a time
        outcome = _outcome(client.submit(attempt, function, task, pure=False), task)
        yield outcome or TaskOutcome(
            task, reason="The worker died again and again over it; most likely memory ran out."
        )


def _outcome(future: Any, task: Task) -> Optional[TaskOutcome[Task, Any]]:
    """Return the outcome of a future, or None where its workers died again and again."""
    try:
        outcome: TaskOutcome[Task, Any] = future.result()
        return outcome
    except Exception as error:
        if type(error).__name__ == "KilledWorker":
            return None
        return TaskOutcome(task, reason=f"The worker failed: {type(error).__name__}: {error}")
