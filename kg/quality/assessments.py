"""States that were assessed: found again by commit, and made in the background where missing.

They are kept in a folder, one file each, so that the next start of a server knows them and the
trend over commits grows. A full validation may take minutes: one thread makes them in turn.
"""

from __future__ import annotations

import gzip
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from kg.errors import ClientgraphError
from kg.quality.state import State, assess, moment_of
from kg.store import EngineError, Store

KEPT = 40
"""States that the folder keeps with their results."""
COUNTED = 500
"""States that it keeps the counts of, for the trend."""
_IN_MEMORY = 6

_log = logging.getLogger(__name__)

_Key = tuple[int, date]


class Assessments:
    """The states of one store; `folder` is made when the first one is kept."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._states: OrderedDict[_Key, State] = OrderedDict()
        self._wanted: list[_Key] = []
        self._failed: dict[_Key, str] = {}
        self._lock = threading.Lock()
        self._running = False

    def find(self, commit: int, as_of: date) -> State | None:
        """Return the state of a commit as of a day, None where it is not known yet."""
        key = (commit, as_of)
        with self._lock:
            if key in self._states:
                self._states.move_to_end(key)
                return self._states[key]
        state = self._read(self._path(commit, as_of))
        if state is None or state.made != moment_of(self._store, commit):
            return None
        self._remember(key, state)
        return state

    def problem(self, commit: int, as_of: date) -> str | None:
        """Return why the state of a commit could not be assessed, None where nothing is wrong."""
        return self._failed.get((commit, as_of))

    def want(self, commits: Iterable[int], as_of: date) -> None:
        """Have the states of some commits assessed, in this order, where they are not known."""
        missing = [(one, as_of) for one in commits if self.find(one, as_of) is None]
        with self._lock:
            fresh = [k for k in missing if k not in self._wanted and k not in self._failed]
            # What is asked for last is what somebody waits for.
            self._wanted[:0] = fresh
            if self._wanted and not self._running:
                self._running = True
                threading.Thread(target=self._work, name="quality", daemon=True).start()

    def want_once(self, commits: Iterable[int], as_of: date) -> None:
        """Have the states of those commits assessed that are not known as of any day."""
        known = {state.commit for state in self.trend()}
        self.want([one for one in commits if one not in known], as_of)

    def trend(self) -> list[State]:
        """Return the last state known of each commit, by commit; those of another store left out.

        The listed results are left out.
        """
        known: dict[int, State] = {}
        for path in sorted(self._folder.glob("*.counts.json")):
            told = json.loads(path.read_text("utf-8"))
            state = State.from_json({**told, "results": ()})
            known[state.commit] = state
        made = dict(self._store.cursor().execute('SELECT number, at_time FROM "commit"').fetchall())
        return [
            known[number]
            for number in sorted(known)
            if number in made and made[number].isoformat() == known[number].made
        ]

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._running = False
                    return
                key = self._wanted[0]
            try:
                self.keep(assess(self._store, *key))
            except (ClientgraphError, EngineError, OSError) as error:
                _log.warning("The state of commit %s is not known: %s", key[0], error)
                self._failed[key] = str(error)
            finally:
                with self._lock:
                    if key in self._wanted:
                        self._wanted.remove(key)

    def keep(self, state: State) -> None:
        """Remember a state, here and in the folder, from which the oldest go."""
        key = (state.commit, date.fromisoformat(state.as_of))
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(*key)
        told = state.as_json()
        path.write_bytes(gzip.compress(json.dumps(told).encode(), 3))
        counts = json.dumps({**told, "results": []})
        path.with_name(f"{_stem(*key)}.counts.json").write_text(counts, "utf-8")
        for pattern, most in (("*.json.gz", KEPT), ("*.counts.json", COUNTED)):
            for old in sorted(self._folder.glob(pattern))[:-most]:
                old.unlink(missing_ok=True)
        self._remember(key, state)

    def _remember(self, key: _Key, state: State) -> None:
        with self._lock:
            self._states[key] = state
            while len(self._states) > _IN_MEMORY:
                self._states.popitem(last=False)

    def _path(self, commit: int, as_of: date) -> Path:
        return self._folder / f"{_stem(commit, as_of)}.json.gz"

    @staticmethod
    def _read(path: Path) -> State | None:
        """Return the state of a file, None where there is none or it was cut short."""
        try:
            return State.from_json(json.loads(gzip.decompress(path.read_bytes())))
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            return None


def _stem(commit: int, as_of: date) -> str:
    return f"{commit:09d}-{as_of.isoformat()}"
