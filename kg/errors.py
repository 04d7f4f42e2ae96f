"""The errors of clientgraph, one tree.

ClientgraphError
├── UsageError                 the request itself is wrong (unknown name, wrong parameter)
│   └── BrokenSegmentError     the query of a segment failed while it ran
├── StoreError
│   ├── StoreLockedError       another process holds the file
│   ├── StoreBusyError         another write goes on for too long
│   ├── StoreFullError         the disk did not take what was written
│   ├── StoreFormatError       the file is not a clientgraph store, or of another version
│   └── RdfSyntaxError         an RDF document cannot be read (path, line, column)
├── QueryError
│   ├── QuerySyntaxError       the text is not SPARQL (line, column)
│   ├── QueryTimeoutError      the deadline passed
│   ├── QueryStoppedError      somebody stopped the query
│   ├── QueryBusyError         too much runs already
│   ├── QueryMemoryError       the query needs more memory than there is for it
│   ├── QueryEvaluationError   the query cannot be answered (for example a SERVICE call)
│   └── UpdateError            an operation of an update fails (for example LOAD of no document)
├── ShapesError
│   └── UnsupportedShapeError  a shape uses a component that is not compiled
└── IngestError
    ├── SourceError            a file cannot be read (file, row, column)
    ├── MappingError           a mapping document is wrong (file, place)
    ├── ImportStoppedError     somebody stopped the import
    └── RefusedError           the data is readable but refused; carries the report

Each message says what happened, where, and what to do.
"""

from __future__ import annotations


class ClientgraphError(Exception):
    """Base of every error that a user can cause or mend."""


class UsageError(ClientgraphError):
    """The request names something that does not exist or has a wrong value."""


class TooDeepError(UsageError):
    """What was sent has more levels than can be read."""

    def __init__(
        self, message: str = "What was sent is nested too deeply to be read. Make it flatter."
    ) -> None:
        super().__init__(message)


class BrokenSegmentError(UsageError):
    """The query or the shape of a segment failed while it ran; `segment` is the id of its term."""

    def __init__(self, message: str, french: str, segment: int) -> None:
        super().__init__(message)
        self.french = french
        self.segment = segment


class StoreError(ClientgraphError):
    """The store cannot do what was asked."""


class StoreLockedError(StoreError):
    """Another process holds the store's file."""


class StoreBusyError(StoreError):
    """Another write is going on, and it did not end in time."""


class StoreFullError(StoreError):
    """The disk did not take what was written; nothing of the write is kept."""


class StoreFormatError(StoreError):
    """The file is not a store, or was written by another version."""


class PlacedError(ClientgraphError):
    """An error at a place of a text: `line` and `column` count from 1, None when unknown."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class RdfSyntaxError(PlacedError, StoreError):
    """An RDF document cannot be read."""


class QueryError(ClientgraphError):
    """A query cannot be answered."""


class QuerySyntaxError(PlacedError, QueryError):
    """The text is not SPARQL."""


class QueryTimeoutError(QueryError):
    """The deadline of a query passed before its answer was complete."""


class QueryStoppedError(QueryError):
    """A query was stopped before its answer was complete."""


class QueryBusyError(QueryError):
    """So much runs already that a query was not started."""


class QueryMemoryError(QueryError):
    """A query needs more memory, or room to spill to, than the settings allow."""


class QueryEvaluationError(QueryError):
    """A query asks for something that is not offered here."""


class UpdateError(QueryError):
    """An operation of an update fails; SILENT makes it succeed without effect."""


class ShapesError(ClientgraphError):
    """A shapes graph is wrong."""


class UnsupportedShapeError(ShapesError):
    """A shape uses a component that is not compiled."""


class IngestError(ClientgraphError):
    """An import cannot go on."""


class SourceError(IngestError):
    """A source file cannot be read; `row` counts from 1 with the header as row 1."""

    def __init__(
        self,
        message: str,
        *,
        file: str,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(message)
        self.file = file
        self.row = row
        self.column = column


class ImportStoppedError(IngestError):
    """An import was stopped before its end, and left nothing."""


class MappingError(IngestError):
    """A mapping document is wrong."""
