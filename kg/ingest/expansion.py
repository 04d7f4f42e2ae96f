"""Limits on what a packed file may unpack to, so that a small file cannot fill memory or disk."""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from kg.errors import SourceError
from kg.store.documents import EXPANSION, unpacked_limit

CELL_COUNT = 20_000_000
"""Most cells of the rectangle that the cells of a sheet span."""

_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError,
    ValueError, KeyError,
)  # fmt: skip
"""What the reader of archives raises for one that is damaged, or meant to be."""
_CHUNK = 1 << 20
_CELL = re.compile(rb'<(?:\w+:)?c [^>]*?r="([A-Z]{1,4})([0-9]{1,8})"')
_OVERLAP = 200


def check_expansion(unpacked: int, packed: int, name: str) -> None:
    """Refuse a file that unpacks to more than its size allows.

    Raises:
        SourceError: it does.
    """
    if unpacked > unpacked_limit(packed):
        raise SourceError(
            f"{name} unpacks to more than {EXPANSION} times its size, as no table does. Save it"
            " unpacked, or in several files.",
            file=name,
        )


def check_archive(path: Path, name: str) -> None:
    """Refuse a workbook that unpacks to too much, or whose cells span too large a rectangle.

    What is unpacked is counted, not what the archive says of itself.

    Raises:
        SourceError: it is too large, damaged, or encrypted.
    """
    packed, unpacked = path.stat().st_size, 0
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                corner = _Corner()
                for chunk in _contents(archive, member):
                    unpacked += len(chunk)
                    check_expansion(unpacked, packed, name)
                    corner.feed(chunk)
                corner.check(name)
    except _DAMAGED as error:
        raise SourceError(
            f"{name} cannot be unpacked ({error}). Save the workbook again, without a password.",
            file=name,
        ) from error


def _contents(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the bytes of a member of an archive in pieces."""
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


class _Corner:
    """The last row and the last column that the cells of a sheet name."""

    def __init__(self) -> None:
        self._rest = b""
        self._row = self._column = 0

    def feed(self, chunk: bytes) -> None:
        """Read the next piece of a sheet."""
        text = self._rest + chunk
        for letters, digits in _CELL.findall(text):
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            self._row = max(self._row, int(digits))
            self._column = max(self._column, column)
        self._rest = text[-_OVERLAP:]

    def check(self, name: str) -> None:
        """Refuse a sheet of too many cells, the empty ones counted too."""
        if self._row * self._column > CELL_COUNT:
            raise SourceError(
                f"{name}: the cells of a sheet span {self._row} rows and {self._column} columns,"
                " more than can be read. Remove what stands far from the table.",
                file=name,
            )
