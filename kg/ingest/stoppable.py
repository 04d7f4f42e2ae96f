"""Imports and undos that are listed with what runs, tell how far they are, and can be stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kg.errors import ImportStoppedError, QueryError
from kg.ingest.progress import Progress, Teller
from kg.sparql.deadline import Deadline, on_keyboard
from kg.sparql.running import Allowance, running_on
from kg.store import EngineError, Store, Transaction


@contextlib.contextmanager
def stoppable(
    store: Store,
    tx: Transaction,
    allowance: Allowance,
    text: str,
    teller: Teller,
    stopped: ImportStoppedError,
) -> Iterator[tuple[Deadline, Teller]]:
    """Let what a transaction does be listed as `text`, and be stopped, until it is committed.

    Yields what guards the cursor, and what is to be told how far it is; `stopped` is the error
    where somebody stops it, as Ctrl+C does.

    Raises:
        ImportStoppedError: somebody stopped it.
    """
    with (
        Deadline(tx.cursor, None, gone=allowance.gone) as deadline,
        on_keyboard(deadline.stop),
        running_on(store).entered(deadline, allowance, text) as running,
    ):

        def note(moment: Progress) -> None:
            deadline.check()
            running.progress = moment.as_json()

        try:
            yield deadline, teller.beside(note)
        except (EngineError, QueryError):
            if deadline.stopped:
                raise stopped from None
            raise
