"""The line ends of a text table: how many stand outside quotes, and of which kind."""

from __future__ import annotations


class LineEnds:
    """Counts the line ends of a file outside quotes, piece by piece."""

    def __init__(self) -> None:
        self._quoted = False
        self._carried = b""
        self._crlf = self._lf = self._cr = self._quoted_cr = 0
        self._last = b"\n"

    def feed(self, chunk: bytes) -> None:
        """Count in the next piece of the file."""
        pieces = chunk.split(b'"')
        outside = self._carried + b'"'.join(pieces[self._quoted :: 2])
        self._quoted ^= len(pieces) % 2 == 0
        self._carried = b"\r" if outside.endswith(b"\r") and not self._quoted else b""
        self._count(outside.removesuffix(self._carried))
        self._quoted_cr += chunk.count(b"\r") - outside.count(b"\r")
        self._last = chunk[-1:] or self._last

    def finish(self) -> None:
        """Count what the end of the file decides."""
        self._count(self._carried)
        if self._last not in {b"\n", b"\r"}:
            self._lf += self._crlf == 0
            self._crlf += self._crlf > 0

    def _count(self, outside: bytes) -> None:
        both = outside.count(b"\r\n")
        self._crlf += both
        self._lf += outside.count(b"\n") - both
        self._cr += outside.count(b"\r") - both

    @property
    def lines(self) -> int:
        """Number of line ends."""
        return self._crlf + self._lf + self._cr

    @property
    def kind(self) -> str | None:
        """The one line end that the engine can be trusted with, else None."""
        if self._lf == self.lines:
            return "\n"
        return "\r\n" if self._crlf == self.lines and not self._quoted_cr else None
