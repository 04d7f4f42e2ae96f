"""Imports in the background: one after the other, watched, and cancelled without a trace."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from imported import triples

from kg.config import Settings
from kg.errors import QueryBusyError, SourceError, UsageError
from kg.ingest import ImportJob, ImportJobs, ImportOptions, UndoJob, list_imports
from kg.ingest.jobs import KEPT, WAITING_LIMIT, JobStatus
from kg.shacl import Shapes
from kg.sparql.running import running_on
from kg.store import Store

GOOD = "key,kind,name\nP1,person,Ana\nP2,person,Bo\n"


class Bench:
    """Submits small files, and tells whether they were let go of."""

    def __init__(self, jobs: ImportJobs, folder: Path, shapes: Shapes) -> None:
        self.jobs, self.closed = jobs, 0
        self._folder, self._shapes = folder, shapes

    def submit(self, text: str = GOOD, name: str = "parties.csv", **options: object) -> ImportJob:
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        with ExitStack() as files:
            files.callback(self._close)
            given = {"shapes": self._shapes} | options
            return self.jobs.submit([path], ImportOptions(**given), files)  # type: ignore[arg-type]

    def _close(self) -> None:
        self.closed += 1


@pytest.fixture
def jobs(store: Store) -> Iterator[ImportJobs]:
    jobs = ImportJobs(store)
    yield jobs
    jobs.close()


@pytest.fixture
def bench(jobs: ImportJobs, tmp_path: Path, no_shapes: Shapes) -> Bench:
    return Bench(jobs, tmp_path, no_shapes)


def test_an_import_is_done_and_tells_its_report(store: Store, bench: Bench) -> None:
    job = bench.submit(source="crm")
    assert job.wait(30)
    assert (job.status, job.error) == (JobStatus.DONE, None)
    assert job.report is not None
    assert (job.report.status, job.report.source) == ("committed", "crm")
    assert job.progress is not None
    assert job.progress.rows == 2
    assert [run.id for run in list_imports(store)] == [job.report.id]
    assert bench.closed == 1


def test_what_cannot_be_read_fails_with_its_error(bench: Bench) -> None:
    job = bench.submit("")
    assert job.wait(30)
    assert (job.status, job.report) == (JobStatus.FAILED, None)
    assert isinstance(job.error, SourceError)
    assert bench.closed == 1


def test_a_wrong_option_is_refused_before_it_waits(bench: Bench) -> None:
    with pytest.raises(UsageError, match="on_violation"):
        bench.submit(on_violation="maybe")
    assert (bench.jobs.listed(), bench.closed) == ([], 1)


def test_what_waits_is_cancelled_at_once(store: Store, bench: Bench) -> None:
    with store.write() as tx:
        first, second = bench.submit(), bench.submit()
        while first.status == JobStatus.WAITING:
            threading.Event().wait(0.01)
        assert [bench.jobs.ahead_of(one) for one in (first, second)] == [0, 1]
        bench.jobs.cancel(second)
        assert (second.status, second.over, bench.closed) == (JobStatus.CANCELLED, True, 1)
        bench.jobs.cancel(first)
        assert first.status == JobStatus.CANCELLING
        tx.rollback()
    assert first.wait(30)
    assert (first.status, first.report) == (JobStatus.CANCELLED, None)
    assert (store.head, triples(store), list_imports(store)) == (0, set(), [])
    third = bench.submit()
    assert third.wait(30)
    assert third.status == JobStatus.DONE


@pytest.mark.parametrize("by", ["its queue", "what runs"])
def test_what_runs_is_cancelled_within_a_statement(store: Store, bench: Bench, by: str) -> None:
    rows = "".join(f"P{i},person,Name {i}\n" for i in range(60_000))
    job = bench.submit("key,kind,name\n" + rows)
    while job.progress is None or job.progress.step == "read":
        threading.Event().wait(0.005)
    if by == "its queue":
        bench.jobs.cancel(job)
    else:
        (running,) = running_on(store).listed()
        running_on(store).stop(running.id)
    assert job.wait(30)
    assert (job.status, job.report) == (JobStatus.CANCELLED, None)
    assert (store.head, triples(store), list_imports(store)) == (0, set(), [])


def undo_of(run: str) -> UndoJob:
    rest = {"on_dependents": "refuse", "as_of": date(2026, 1, 1), "settings": Settings()}
    return UndoJob(owner="local", dry_run=False, run_id=run, **rest)  # type: ignore[arg-type]


def test_an_undo_is_cancelled_or_done_like_an_import(store: Store, bench: Bench) -> None:
    job = bench.submit()
    assert job.wait(30)
    assert job.report is not None
    before = triples(store)
    with store.write() as tx:
        cancelled = undo_of(job.report.id)
        bench.jobs.take(cancelled)
        while cancelled.status != JobStatus.RUNNING:
            threading.Event().wait(0.005)
        bench.jobs.cancel(cancelled)
        tx.rollback()
    assert cancelled.wait(30)
    assert (cancelled.status, cancelled.report) == (JobStatus.CANCELLED, None)
    assert (store.head, triples(store)) == (1, before)
    done = undo_of(job.report.id)
    bench.jobs.take(done)
    assert done.wait(60)
    assert (done.status, store.head) == (JobStatus.DONE, 2)
    assert done.report is not None
    assert done.report.status == "committed"
    assert done.progress is not None
    assert (done.progress.step, done.progress.done) == ("validate", 1.0)
    assert not triples(store) & before
    again = undo_of(job.report.id)
    bench.jobs.take(again)
    assert again.wait(30)
    assert isinstance(again.error, UsageError)


def test_more_than_may_wait_is_refused(store: Store, bench: Bench) -> None:
    with store.write() as tx:
        first = bench.submit()
        while first.status == JobStatus.WAITING:
            threading.Event().wait(0.01)
        for _ in range(WAITING_LIMIT):
            bench.submit()
        with pytest.raises(QueryBusyError, match="Send it again later"):
            bench.submit()
        tx.rollback()
        for job in bench.jobs.listed():
            bench.jobs.cancel(job)
    assert first.wait(30)
    assert bench.closed == WAITING_LIMIT + 2


def test_only_the_last_ended_ones_are_remembered(store: Store, bench: Bench) -> None:
    for _ in range(KEPT + 3):
        bench.submit("").wait(30)
    assert len(bench.jobs.listed()) == KEPT + 1


def test_what_runs_ends_before_its_store_is_closed(
    tmp_path: Path, no_shapes: Shapes, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store.open(tmp_path / "store.duckdb")
    bench = Bench(ImportJobs(store), tmp_path, no_shapes)
    job = bench.submit("key,kind\n" + "".join(f"P{i},person\n" for i in range(20_000)))
    while job.status == JobStatus.WAITING:
        threading.Event().wait(0.005)
    store.close()
    assert (job.over, job.status) == (True, JobStatus.CANCELLED)
    assert caplog.records == []
    with Store.open(tmp_path / "store.duckdb") as again:
        assert again.head == 0


def test_closing_cancels_and_takes_nothing_in_any_more(store: Store, bench: Bench) -> None:
    with store.write() as tx:
        job = bench.submit()
        closing = threading.Thread(target=bench.jobs.close)
        closing.start()
        while not job.cancelled:
            threading.Event().wait(0.01)
        tx.rollback()
    closing.join(30)
    assert job.status == JobStatus.CANCELLED
    assert store.head == 0
    with pytest.raises(QueryBusyError):
        bench.submit()
