"""Resolution of relative IRIs (RFC 3986, section 5.2, for IRIs by RFC 3987, section 6.5)."""

from __future__ import annotations

import re

SCHEME = "[A-Za-z][A-Za-z0-9+.-]*:"
"""What an absolute IRI begins with."""

_SCHEME = re.compile(SCHEME)
_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)

_Parts = tuple[str | None, str | None, str, str | None, str | None]


def is_absolute(reference: str) -> bool:
    """Return whether a reference is an absolute IRI."""
    return _SCHEME.match(reference) is not None


def resolved(reference: str, base: str) -> str:
    """Return the IRI that a reference means where a base holds; an absolute one is itself."""
    if is_absolute(reference):
        return reference
    scheme, authority, path, query, _ = _split(base)
    _, host, own, asked, fragment = _split(reference)
    if host is not None:
        authority, path, query = host, _without_dots(own), asked
    elif not own:
        query = query if asked is None else asked
    else:
        merged = own if own.startswith("/") else _directory(path, authority) + own
        path, query = _without_dots(merged), asked
    return _joined(scheme, authority, path, query, fragment)


def _split(iri: str) -> _Parts:
    """Return scheme, authority, path, query and fragment; None where there is none."""
    found = _PARTS.fullmatch(iri)
    assert found is not None  # noqa: S101 - every text matches
    scheme, authority, path, query, fragment = found.groups()
    return scheme, authority, path or "", query, fragment


def _directory(path: str, authority: str | None) -> str:
    """Return what stands before a relative path: all but the last segment of the base's path."""
    if authority is not None and not path:
        return "/"
    return path[: path.rfind("/") + 1]


def _without_dots(path: str) -> str:
    """Return a path without the segments `.` and `..`."""
    rooted = path.startswith("/")
    segments = path.split("/")
    kept: list[str] = []
    for segment in segments[1:] if rooted else segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return ("/" if rooted else "") + "/".join(kept)


def _joined(
    scheme: str | None, authority: str | None, path: str, query: str | None, fragment: str | None
) -> str:
    return "".join(
        [
            "" if scheme is None else f"{scheme}:",
            "" if authority is None else f"//{authority}",
            path,
            "" if query is None else f"?{query}",
            "" if fragment is None else f"#{fragment}",
        ]
    )
