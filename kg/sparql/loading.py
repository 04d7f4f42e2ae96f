"""Documents that LOAD may read: files below the folders that the operator names, nothing else.

A name is resolved as the system would, `..` and symbolic links included, before it is compared
with the folders. The network is never asked.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from kg.errors import UpdateError

_LOCAL = ("", "localhost")


def document_path(iri: str, folders: Sequence[Path]) -> Path:
    """Return the file that a `file:` IRI names (RFC 8089), below one of some folders.

    Raises:
        UpdateError: the IRI is none of a file, or the file is not there or not below a folder.
    """
    if not folders:
        raise UpdateError(
            f"LOAD <{iri}> is refused: no folder is open to LOAD. Name one in"
            " CLIENTGRAPH_LOAD_FOLDERS, or import the file."
        )
    path = _path(iri)
    try:
        path = path.resolve()
        allowed = any(path.is_relative_to(folder.resolve()) for folder in folders)
    except (OSError, RuntimeError):
        allowed = False
    if not allowed:
        raise UpdateError(
            f"LOAD <{iri}> is refused: the file is not in a folder that is open to LOAD. Move it"
            " to one of those in CLIENTGRAPH_LOAD_FOLDERS."
        )
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError:
        regular = False
    if not regular:
        raise UpdateError(f"LOAD <{iri}> fails: there is no such file. Check its name.")
    return path


def _path(iri: str) -> Path:
    """Return the path that an IRI of a file names, not resolved."""
    try:
        parts = urlsplit(iri)
        name = unquote_to_bytes(parts.path).decode()
    except ValueError:
        raise UpdateError(f"LOAD <{iri}> fails: that is not the IRI of a file.") from None
    if parts.scheme.lower() != "file" or parts.netloc.lower() not in _LOCAL:
        raise UpdateError(
            f"LOAD <{iri}> is refused: only files of this machine are read, by IRIs such as"
            " file:///folder/data.ttl, and never the network. Download the document and import it."
        )
    if parts.query or parts.fragment or not name.startswith("/") or "\0" in name:
        raise UpdateError(f"LOAD <{iri}> fails: that is not the IRI of a file. Check its name.")
    return Path(name)
