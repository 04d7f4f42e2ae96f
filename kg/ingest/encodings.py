"""The encoding of a text table: UTF-8, or one that its bytes leave no doubt about.

Bytes that are not UTF-8 have two causes. A file in UTF-8 that was damaged has letters in UTF-8
elsewhere: it is refused with the row of the damage. A file in another encoding has none: then the
bytes tell which of the usual ones it is, and the report says so.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import charset_normalizer

from kg.errors import SourceError

_LEGACY = ["cp1252", "mac_roman", "cp850"]
"""What spreadsheets of western languages have written, the likeliest first."""
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SAMPLE = 1 << 18
_CHUNK = 1 << 20


def marked_encoding(path: Path) -> str | None:
    """Return the encoding that the first bytes of a file announce, other than UTF-8."""
    with path.open("rb") as source:
        start = source.read(4)
    return next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)


def legacy_encoding(path: Path) -> str | None:
    """Return the encoding of a file that is not UTF-8, None when it is damaged UTF-8."""
    sample = bytearray()
    for line in _lines(path):
        if line.isascii():
            continue
        if _has_utf8(line):
            return None
        if len(sample) < _SAMPLE:
            sample += line
    best = charset_normalizer.from_bytes(bytes(sample), cp_isolation=_LEGACY).best()
    return best.encoding if best is not None else None


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, long ones in pieces."""
    with path.open("rb") as source:
        while line := source.readline(_SAMPLE):
            yield line


def _has_utf8(line: bytes) -> bool:
    """Tell whether a line has a letter beyond ASCII that is written in UTF-8."""
    return any(ord(letter) > 127 for letter in line.decode("utf-8", errors="ignore"))


def transcode(path: Path, target: Path, encoding: str, name: str) -> None:
    """Write a file anew in UTF-8.

    Raises:
        SourceError: there is no such encoding, or the bytes are not in it.
    """
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError:
        raise SourceError(f"{name}: there is no encoding {encoding!r}.", file=name) from None
    seen = 0
    with path.open("rb") as source, target.open("wb") as sink:
        while True:
            chunk = source.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                raise SourceError(
                    f"{name} is not in the encoding {encoding} near byte {seen + 1} ({error})."
                    " Save the file as CSV UTF-8.",
                    file=name,
                ) from error
            sink.write(text.encode())
            seen += len(chunk)
            if not chunk:
                return
