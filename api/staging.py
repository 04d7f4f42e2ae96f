"""Files that were sent and are not imported yet: a folder of the data directory for each sending.

A sending is known by a name that cannot be guessed and is open to who sent it alone. No path of a
client is ever used: files have safe names in a folder of ours. What is left lying goes after a day,
or when its owner sends more than a few.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import NotFound

from api.uploads import save
from kg.errors import UsageError
from kg.ingest.corrections import Correction

LIFETIME = 24 * 3600.0
"""Seconds after which what was sent is removed."""
MOST = 6
"""Sendings that are kept for one owner: the oldest goes."""
MOST_CORRECTIONS = 2000
_NAME = re.compile(r"[0-9a-f]{32}")
_MAPPING = "mapping.yml"

_lock = threading.Lock()


@dataclass(slots=True)
class Sending:
    """Files that somebody sent, and what was decided about them so far."""

    id: str
    folder: Path
    owner: str
    source: str
    files: list[str]
    corrections: list[Correction] = field(default_factory=list)
    job: str | None = None
    """The dry run or the import of them that was begun last."""
    seen: dict[str, Any] = field(default_factory=dict)
    """What was found out about the files, to be shown again."""

    @property
    def paths(self) -> list[Path]:
        """The files."""
        return [self.folder / "files" / name for name in self.files]

    @property
    def mapping(self) -> Path | None:
        """The mapping document, where there is one."""
        return next(iter(sorted((self.folder / "mapping").glob("*"))), None)

    @property
    def sheets(self) -> Path:
        """The folder of the fix sheets of the last dry run."""
        return self.folder / "sheets"

    def map_with(self, text: str | None) -> None:
        """Keep a mapping document, or none."""
        shutil.rmtree(self.folder / "mapping", ignore_errors=True)
        if text is not None:
            (self.folder / "mapping").mkdir()
            (self.folder / "mapping" / _MAPPING).write_text(text, "utf-8")

    def correct(self, corrections: Sequence[Correction]) -> None:
        """Add corrections; a later one of the same cell stands.

        Raises:
            UsageError: there are too many.
        """
        cells = {(one.file, one.row, one.column): one for one in self.corrections}
        cells |= {(one.file, one.row, one.column): one for one in corrections}
        if len(cells) > MOST_CORRECTIONS:
            raise UsageError(
                f"More than {MOST_CORRECTIONS} cells are corrected here: download the fix sheet."
            )
        self.corrections = list(cells.values())

    def keep(self) -> None:
        """Write down what was decided."""
        told = {
            "owner": self.owner,
            "source": self.source,
            "files": self.files,
            "corrections": [[one.file, one.row, one.column, one.value] for one in self.corrections],
            "job": self.job,
            "seen": self.seen,
        }
        new = self.folder / "sending.json.new"
        new.write_text(json.dumps(told), "utf-8")
        new.replace(self.folder / "sending.json")

    def remove(self) -> None:
        """Remove the files and all that was kept with them."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Staging:
    """The sendings of a server, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(
        self, uploads: Sequence[FileStorage], mapping: FileStorage | None, owner: str, source: str
    ) -> Sending:
        """Keep the files of a request.

        Raises:
            UsageError: there is none, one has no usable name, or two have the same.
        """
        given = [one for one in uploads if one.filename]
        if not given:
            raise UsageError("There is no file: send one or several in the field 'files'.")
        self.sweep(owner)
        name = secrets.token_hex(16)
        folder = self._folder / name
        (folder / "files").mkdir(parents=True)
        try:
            files = [save(one, folder / "files").name for one in given]
            if mapping is not None and mapping.filename:
                (folder / "mapping").mkdir()
                save(mapping, folder / "mapping")
            sending = Sending(name, folder, owner, source, files)
            sending.keep()
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return sending

    def find(self, name: str, owner: str) -> Sending:
        """Return what somebody sent.

        Raises:
            NotFound: there is nothing of that name, it is another's, or its time is over.
        """
        path = self._folder / name / "sending.json"
        if not _NAME.fullmatch(name) or not path.is_file() or _age(path.parent) > LIFETIME:
            raise NotFound("These files are not here any more: send them again.")
        told = json.loads(path.read_text("utf-8"))
        if told["owner"] != owner:
            raise NotFound("These files are not here any more: send them again.")
        corrections = [Correction(*one) for one in told.pop("corrections")]
        return Sending(name, path.parent, corrections=corrections, **told)

    def sweep(self, owner: str) -> None:
        """Remove what is too old, and the oldest of an owner who is about to send more."""
        with _lock:
            kept = []
            for folder in sorted(self._folder.glob("*"), key=_age):
                if not _NAME.fullmatch(folder.name):
                    continue
                if _age(folder) > LIFETIME:
                    shutil.rmtree(folder, ignore_errors=True)
                elif _owner(folder) == owner:
                    kept.append(folder)
            for folder in kept[MOST - 1 :]:
                shutil.rmtree(folder, ignore_errors=True)


def _age(folder: Path) -> float:
    """Return the seconds since a folder was made; one that goes meanwhile is old."""
    try:
        return time.time() - (folder / "files").stat().st_mtime
    except OSError:
        return LIFETIME + 1


def _owner(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / "sending.json").read_text("utf-8"))["owner"])
    except (OSError, ValueError, KeyError):
        return None
