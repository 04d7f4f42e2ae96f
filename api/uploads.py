"""Uploaded files: kept in a folder of their own for one request, under safe names."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename

from kg.errors import ClientgraphError, UsageError


@contextmanager
def saved(uploads: Sequence[FileStorage]) -> Iterator[list[Path]]:
    """Yield the uploads as files of a temporary folder, which is removed at the end.

    Raises:
        UsageError: there is none, one has no usable name, or two have the same.
    """
    given = [one for one in uploads if one.filename]
    if not given:
        raise UsageError("There is no file: send one or several in the field 'files'.")
    with tempfile.TemporaryDirectory(prefix="clientgraph-") as folder:
        try:
            yield [save(one, Path(folder)) for one in given]
        except ClientgraphError as error:
            # Whoever sent the file knows its name, not where it was kept here.
            error.args = tuple(_without(folder, part) for part in error.args)
            raise


def save(upload: FileStorage, folder: Path) -> Path:
    """Write an upload to a folder under a safe name, and return its path.

    Raises:
        UsageError: it has no usable name, or one of its name is there.
    """
    # Some browsers send the path on the user's own machine.
    given = (upload.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    name = secure_filename(given)
    if not name:
        raise UsageError(f"The file name {given!r} has no letter or digit: rename the file.")
    path = folder / name
    if path.exists():
        raise UsageError(f"Two files are named {name!r}: send each once.")
    upload.save(path)
    return path


def _without(folder: str, part: object) -> object:
    return part.replace(folder + "/", "") if isinstance(part, str) else part
