"""Imports and undos in the background: taken in, done one after the other, watched and cancelled.

A store has one writer, so one thread does all of them; the others wait in the order in which they
came. What became of one is kept in memory for a while, with its report; what it committed is told
by the store.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from kg.config import Settings
from kg.errors import ClientgraphError, ImportStoppedError, QueryBusyError
from kg.ingest.options import ImportOptions
from kg.ingest.pipeline import run_import
from kg.ingest.progress import Progress
from kg.ingest.report import ImportReport
from kg.ingest.undo_report import UndoReport
from kg.ingest.undoing import undo_import
from kg.sparql.running import Allowance
from kg.store import Store

WAITING_LIMIT = 50
"""Imports that may wait: each keeps its files on the disk."""
KEPT = 50
"""Imports that are remembered after their end."""

R = TypeVar("R", ImportReport, UndoReport)
_log = logging.getLogger(__name__)


class JobStatus(StrEnum):
    """Where an import in the background is."""

    WAITING = "waiting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True, eq=False, kw_only=True)
class Job(ABC, Generic[R]):
    """Work in the background; `report` is there when it is done, `error` when it failed."""

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    owner: str
    dry_run: bool
    submitted: datetime = field(default_factory=lambda: datetime.now(UTC))
    files: ExitStack = field(default_factory=ExitStack)
    """Is closed when the files are needed no more."""
    status: JobStatus = JobStatus.WAITING
    started: datetime | None = None
    ended: datetime | None = None
    progress: Progress | None = None
    report: R | None = None
    error: Exception | None = None
    _end: threading.Event = field(default_factory=threading.Event)

    @abstractmethod
    def do(self, store: Store) -> R:
        """Do the work, and return its report."""

    @abstractmethod
    def cancellation(self) -> ImportStoppedError:
        """Return the error that says that it was cancelled."""

    @property
    def over(self) -> bool:
        """Whether it is done, failed or cancelled."""
        return self._end.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody cancelled it; it may take a moment to end."""
        return self.status in (JobStatus.CANCELLING, JobStatus.CANCELLED)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is over, at most for some seconds; tell whether it is."""
        return self._end.wait(seconds)

    def note(self, moment: Progress) -> None:
        """Remember how far it is.

        Raises:
            ImportStoppedError: it was cancelled.
        """
        self.progress = moment
        if self.cancelled:
            raise self.cancellation()

    def end(self, status: JobStatus) -> None:
        """Note that it is over, and let go of its files."""
        self.files.close()
        self.status, self.ended = status, datetime.now(UTC)
        self._end.set()


@dataclass(slots=True, eq=False, kw_only=True)
class ImportJob(Job[ImportReport]):
    """An import in the background."""

    paths: tuple[Path, ...]
    options: ImportOptions

    def do(self, store: Store) -> ImportReport:
        """Import the files."""
        allowance = replace(self.options.allowance, gone=lambda: self.cancelled)
        options = replace(self.options, allowance=allowance, progress=self.note)
        return run_import(store, self.paths, options)

    def cancellation(self) -> ImportStoppedError:
        """Return the error that says that it was cancelled."""
        return ImportStoppedError(
            f"The import of {self.options.source!r} was cancelled. Nothing was written."
        )


@dataclass(slots=True, eq=False, kw_only=True)
class UndoJob(Job[UndoReport]):
    """The taking back of the import `run_id` in the background."""

    run_id: str
    on_dependents: str
    as_of: date
    settings: Settings

    def do(self, store: Store) -> UndoReport:
        """Take the import back."""
        return undo_import(
            store,
            self.run_id,
            agent=self.owner,
            dry_run=self.dry_run,
            on_dependents=self.on_dependents,
            as_of=self.as_of,
            settings=self.settings,
            progress=self.note,
            allowance=Allowance(self.owner, "undo", gone=lambda: self.cancelled),
        )

    def cancellation(self) -> ImportStoppedError:
        """Return the error that says that it was cancelled."""
        return ImportStoppedError(
            f"The undo of the import {self.run_id!r} was cancelled. Nothing was written."
        )


class ImportJobs:
    """The imports and undos of one store that run in the background."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._jobs: dict[str, Job[Any]] = {}
        self._waiting: deque[Job[Any]] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        store.before_close.append(self.close)

    def submit(self, paths: Sequence[Path], options: ImportOptions, files: ExitStack) -> ImportJob:
        """Take an import in, and what holds its files: it closes that when it is over.

        Raises:
            UsageError: an option has a wrong value.
            QueryBusyError: too many wait already.
        """
        options.check()
        owner = options.allowance.owner
        job = ImportJob(owner=owner, dry_run=options.dry_run, paths=tuple(paths), options=options)
        self.take(job, files)
        return job

    def take(self, job: Job[Any], files: ExitStack | None = None) -> None:
        """Take work in, and what holds its files: it closes that when it is over.

        Raises:
            QueryBusyError: too many wait already.
        """
        with self._lock:
            if self._closed or len(self._waiting) >= WAITING_LIMIT:
                raise QueryBusyError("Too many imports wait already. Send it again later.")
            if files is not None:
                job.files = files.pop_all()
            self._jobs[job.id] = job
            self._waiting.append(job)
            self._forget()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="imports", daemon=True)
                self._thread.start()

    def find(self, job_id: str) -> Job[Any] | None:
        """Return the import of an id, None where there is none or it was forgotten."""
        return self._jobs.get(job_id)

    def listed(self) -> list[Job[Any]]:
        """Return all that are remembered, the last one taken in first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def ahead_of(self, job: Job[Any]) -> int:
        """Return how many imports are to be done before one that waits."""
        with self._lock:
            active = [one for one in self._jobs.values() if not one.over]
        return active.index(job) if job in active else 0

    def cancel(self, job: Job[Any]) -> None:
        """Cancel an import: at once when it waits, else as soon as it can stop; it leaves nothing.

        Nothing happens to one that is over.
        """
        with self._lock:
            if job in self._waiting:
                self._waiting.remove(job)
                job.end(JobStatus.CANCELLED)
            elif not job.over:
                job.status = JobStatus.CANCELLING

    def close(self) -> None:
        """Cancel all imports and wait until they have stopped."""
        with self._lock:
            self._closed = True
            thread = self._thread
        for job in self.listed():
            self.cancel(job)
        if thread is not None:
            thread.join()

    def _forget(self) -> None:
        """Forget the oldest of those that are over."""
        over = [job.id for job in self._jobs.values() if job.over]
        for job_id in itertools.islice(over, max(0, len(over) - KEPT)):
            del self._jobs[job_id]

    def _run(self) -> None:
        """Do what waits, and end: a thread that outlives the interpreter is no good guest."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                job = self._waiting.popleft()
                job.status, job.started = JobStatus.RUNNING, datetime.now(UTC)
            status = self._do(job)
            with self._lock:
                job.end(status)

    def _do(self, job: Job[Any]) -> JobStatus:
        """Do an import; return what became of it."""
        try:
            with job.files:
                job.report = job.do(self._store)
        except ImportStoppedError:
            return JobStatus.CANCELLED
        except ClientgraphError as error:
            job.error = error
            return JobStatus.FAILED
        except Exception as error:
            _log.exception("The job %s failed", job.id)
            job.error = error
            return JobStatus.FAILED
        return JobStatus.DONE
