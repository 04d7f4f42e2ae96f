"""Columns of a statement as the bytes that the engine holds them in, without objects between.

The engine gives its answer through Arrow's C stream interface, a stable binary interface of four C
structs (https://arrow.apache.org/docs/format/CStreamInterface.html), which `ctypes` reads.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator

import duckdb

_STREAM = b"arrow_array_stream"
_SIZES = {b"c": 1, b"C": 1, b"s": 2, b"S": 2, b"i": 4, b"I": 4, b"l": 8, b"L": 8}
"""Bytes of a value, by the letter that tells the format of a column."""
_OFFSETS = {b"u": ctypes.c_int32, b"U": ctypes.c_int64}
"""Where texts end, by the letter of their format."""

_Release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Schema(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.c_void_p),
    ("release", _Release),
    ("private_data", ctypes.c_void_p),
]


class _Array(ctypes.Structure):
    pass


_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.c_void_p),
    ("release", _Release),
    ("private_data", ctypes.c_void_p),
]


class _Stream(ctypes.Structure):
    _fields_ = [
        ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)),
        ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)),
        ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)),
        ("release", _Release),
        ("private_data", ctypes.c_void_p),
    ]


_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype = ctypes.c_void_p
_pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]


def columns(cursor: duckdb.DuckDBPyConnection, query: str) -> Iterator[list[bytes]]:
    """Yield the columns of a query, without NULL, as bytes, some rows at a time.

    Numbers are in the byte order of the machine; of texts, the bytes stand side by side.

    Raises:
        duckdb.Error: the query fails.
    """
    capsule = cursor.sql(query).__arrow_c_stream__()
    stream = _Stream.from_address(_pointer_of(capsule, _STREAM))
    schema = _Schema()
    _checked(stream, stream.get_schema(ctypes.addressof(stream), ctypes.addressof(schema)))
    formats = [schema.children[n].contents.format for n in range(schema.n_children)]
    schema.release(ctypes.addressof(schema))
    while True:
        array = _Array()
        _checked(stream, stream.get_next(ctypes.addressof(stream), ctypes.addressof(array)))
        if not array.release:
            return
        with _released(array):
            found = [
                _bytes(array.children[n].contents, formats[n], array.length)
                for n in range(array.n_children)
            ]
        yield found


@contextlib.contextmanager
def _released(array: _Array) -> Iterator[None]:
    try:
        yield
    finally:
        array.release(ctypes.addressof(array))


def _checked(stream: _Stream, code: int) -> None:
    if code:
        told = stream.get_last_error(ctypes.addressof(stream)) or b""
        raise duckdb.Error(told.decode(errors="replace") or f"error {code} of the engine's answer")


def _bytes(array: _Array, kind: bytes, length: int) -> bytes:
    """Return the values of a column."""
    if kind in _OFFSETS:
        number = _OFFSETS[kind]
        ends = array.buffers[1] + array.offset * ctypes.sizeof(number)
        first = number.from_address(ends).value
        last = number.from_address(ends + length * ctypes.sizeof(number)).value
        return ctypes.string_at(array.buffers[2] + first, last - first) if last > first else b""
    size = _SIZES[kind]
    return ctypes.string_at(array.buffers[1] + array.offset * size, length * size)
