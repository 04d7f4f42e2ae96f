"""Speaks to a running server over HTTP, with the standard library alone."""

from __future__ import annotations

import contextlib
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPResponse
from pathlib import Path
from typing import IO, Any, cast

from kg.errors import ClientgraphError, QuerySyntaxError, UsageError

_GRACE = 30.0
"""Seconds granted beyond a query's own deadline, for the answer to travel."""


_WRONG_USE: Mapping[str, type[ClientgraphError]] = {
    "usage": UsageError,
    "query-syntax": QuerySyntaxError,
}
"""Ends of the types of problems that mean wrong use."""


class ServerError(ClientgraphError):
    """The server cannot be reached, or refused what was asked."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: it would show the token to whoever is redirected to."""

    def redirect_request(self, *_: object) -> None:
        """Leave the redirection as the error that it is then."""


_OPENER = urllib.request.build_opener(_NoRedirects)


class Server:
    """A running clientgraph server."""

    def __init__(self, url: str, token: str = "") -> None:
        """Speak to the server at an address, showing a token where one is given."""
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise UsageError(f"--url is {url!r}; give an address such as http://127.0.0.1:5000.")
        self._url = url.rstrip("/")
        self._token = token

    def ask(self, text: str, timeout: float, accept: str) -> HTTPResponse:
        """Send a query to `/sparql` and return the open response.

        Raises:
            ServerError: the server refused the query, or is not there.
        """
        fields = urllib.parse.urlencode({"query": text, "timeout": timeout})
        kind = "application/x-www-form-urlencoded"
        return self._open(
            "/sparql", fields.encode(), {"Accept": accept, "Content-Type": kind}, timeout + _GRACE
        )

    def update(self, text: str, note: str, timeout: float) -> dict[str, int]:
        """Send an update to `/sparql` and return what it did: commit, inserted, deleted.

        Raises:
            ServerError: the server refused the update, or is not there.
        """
        fields = urllib.parse.urlencode({"update": text, "note": note, "timeout": timeout})
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        response = self._open("/sparql", fields.encode(), headers, timeout + _GRACE)
        with response:
            document = json.load(response)
        return {name: int(document[name]) for name in ("commit", "inserted", "deleted")}

    def ask_named(
        self, name: str, values: Mapping[str, str], timeout: float, accept: str
    ) -> HTTPResponse:
        """Ask a named question of the server and return the open response.

        Raises:
            ServerError: the server refused the question, or is not there.
        """
        fields = urllib.parse.urlencode({**values, "timeout": timeout})
        path = f"/api/queries/{urllib.parse.quote(name)}?{fields}"
        return self._open(path, None, {"Accept": accept}, timeout + _GRACE)

    def analyse(
        self, name: str, fields: Mapping[str, str], accept: str, *, keep: bool = False
    ) -> HTTPResponse:
        """Ask for an analysis and return the open response; `keep` has it kept as a graph.

        Raises:
            ServerError: the server refused what was asked, or is not there.
        """
        path = f"/api/{name.replace(' ', '/')}"
        text = urllib.parse.urlencode(fields)
        if not keep:
            return self._open(f"{path}?{text}", None, {"Accept": accept}, timeout=None)
        kind = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        return self._open(path, text.encode(), kind, timeout=None)

    def upload(
        self,
        files: Sequence[tuple[str, Path]],
        fields: Mapping[str, str],
        show: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """Send files by field to `/api/imports` and return the report of the import.

        The server imports in the background; `show` is told how far it is. What ends this ends
        the import too, Ctrl+C included.

        Raises:
            ServerError: the server refused the request, or is not there.
        """
        with self._send("/api/imports", files, {**fields, "async": "true"}) as response:
            job = cast("dict[str, Any]", json.load(response))
        return self._followed(
            job, show, "The import was cancelled on the server. Nothing was written."
        )

    def _followed(
        self,
        job: dict[str, Any],
        show: Callable[[Mapping[str, Any]], None] | None,
        cancelled: str,
    ) -> dict[str, Any]:
        """Return the report of work in the background, once it is over; its end ends that work."""
        path = f"/api/imports/jobs/{job['id']}"
        try:
            ended = self._ended(job, path, show)
        except BaseException as error:
            with contextlib.suppress(ServerError):
                self._read(path, "DELETE")
            if not isinstance(error, KeyboardInterrupt):
                raise
            # It may have been over before: what became of it is told.
            ended = self._ended(self._read(path), path, None)
        if ended["report"] is None:
            raise _told(ended["problem"] or {"detail": cancelled})
        return cast("dict[str, Any]", ended["report"])

    def _ended(
        self, job: dict[str, Any], path: str, show: Callable[[Mapping[str, Any]], None] | None
    ) -> dict[str, Any]:
        """Return what is told of work in the background once it is over."""
        for pause in _pauses():
            if job["ended"]:
                break
            if show is not None and job["progress"]:
                show(job["progress"])
            time.sleep(pause)
            job = self._read(path)
        return job

    def _read(self, path: str, method: str = "GET") -> dict[str, Any]:
        """Return the JSON object that an address answers with."""
        with self._open(path, None, {}, _GRACE, method) as response:
            return cast("dict[str, Any]", json.load(response))

    def fix_sheet(self, files: Sequence[tuple[str, Path]], fields: Mapping[str, str]) -> bytes:
        """Return the fix sheet of files, several as a ZIP archive; nothing when none is refused.

        Raises:
            ServerError: the server refused the request, or is not there.
        """
        with self._send("/api/imports/fix-sheet", files, fields) as response:
            return response.read()

    def _send(
        self, path: str, files: Sequence[tuple[str, Path]], fields: Mapping[str, str]
    ) -> HTTPResponse:
        """Send files by field as a form."""
        boundary = secrets.token_hex(16)
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self._open(path, _multipart(files, fields, boundary), kind, timeout=None)

    def list_imports(self) -> list[dict[str, Any]]:
        """Return the imports, the last one first.

        Raises:
            ServerError: the server refused the request, or is not there.
        """
        return cast("list[dict[str, Any]]", self._read("/api/imports")["imports"])

    def undo(
        self,
        run_id: str,
        *,
        dry_run: bool,
        on_dependents: str,
        show: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """Take an import back in the background, and return the report, also of a refusal.

        `show` is told how far it is. What ends this ends the undo too, Ctrl+C included.

        Raises:
            ServerError: the server refused the request, or is not there.
        """
        fields = {"dry_run": str(dry_run).lower(), "on_dependents": on_dependents, "async": "true"}
        path = f"/api/imports/{_quoted(run_id)}?{urllib.parse.urlencode(fields)}"
        job = self._read(path, "DELETE")
        return self._followed(
            job, show, "The undo was cancelled on the server. Nothing was written."
        )

    def list_quarantine(self, run_id: str | None) -> list[dict[str, Any]]:
        """Return the rows in quarantine, or those of one import.

        Raises:
            ServerError: the server refused the request, or is not there.
        """
        found = self._read(f"/api/quarantine{_of_import(run_id)}")["rows"]
        return cast("list[dict[str, Any]]", found)

    def retry_quarantine(self, run_id: str | None) -> list[dict[str, Any]]:
        """Try again what is in quarantine, and return the reports.

        Raises:
            ServerError: the server refused the request, or is not there.
        """
        path = f"/api/quarantine/retry{_of_import(run_id)}"
        with self._open(path, b"", {}, None, "POST") as response:
            return cast("list[dict[str, Any]]", json.load(response)["reports"])

    def quarantine_sheets(self, run_id: str | None) -> tuple[str, bytes] | None:
        """Return the fix sheet of what is in quarantine with its name, several as a ZIP archive.

        None where nothing is there.

        Raises:
            ServerError: the server refused the request, or is not there.
        """
        with self._open(f"/api/quarantine/fix-sheet{_of_import(run_id)}", None, {}, None) as found:
            content = found.read()
            name = found.headers.get_filename() or "fix-sheet.csv"
        return (Path(name).name, content) if content else None

    def discard(self, run_id: str, rows: Sequence[int]) -> int:
        """Give up what an import put into quarantine, or some rows of it; return how many rows.

        Raises:
            ServerError: the server refused the request, or is not there.
        """
        asked = urllib.parse.urlencode([("row", row) for row in rows])
        return int(self._read(f"/api/quarantine/{_quoted(run_id)}?{asked}", "DELETE")["discarded"])

    def create_token(self, fields: Mapping[str, object]) -> dict[str, Any]:
        """Make a token, and return what is told of it, its text included.

        Raises:
            ServerError: the server refused the request, or is not there.
        """
        kind = {"Content-Type": "application/json"}
        with self._open("/api/tokens", json.dumps(fields).encode(), kind, _GRACE) as response:
            return cast("dict[str, Any]", json.load(response))

    def list_tokens(self) -> list[dict[str, Any]]:
        """Return what is told of all tokens.

        Raises:
            ServerError: the server refused the request, or is not there.
        """
        with self._open("/api/tokens", None, {}, _GRACE) as response:
            return cast("list[dict[str, Any]]", json.load(response)["tokens"])

    def revoke_token(self, name: str) -> dict[str, Any]:
        """Revoke a token by its name or id, and return what is told of it.

        Raises:
            ServerError: the server refused the request, or is not there.
        """
        path = f"/api/tokens/{_quoted(name)}"
        with self._open(path, None, {}, _GRACE, "DELETE") as response:
            return cast("dict[str, Any]", json.load(response))

    def _open(
        self,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        timeout: float | None,
        method: str | None = None,
    ) -> HTTPResponse:
        """Send a request and return the response."""
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self._url + path, data=body, headers=dict(headers), method=method
        )
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            return cast(HTTPResponse, _OPENER.open(request, timeout=timeout))
        except urllib.error.HTTPError as error:
            raise _problem(error) from None
        except (urllib.error.URLError, TimeoutError, OSError) as error:
            reason = getattr(error, "reason", error)
            raise ServerError(
                f"{self._url} does not answer ({reason}). Is the server running there?"
            ) from None


def _quoted(name: str) -> str:
    """Return a name as a part of a path."""
    return urllib.parse.quote(name, safe="")


def _of_import(run_id: str | None) -> str:
    """Return the query of an address that keeps it to one import."""
    return f"?{urllib.parse.urlencode({'import': run_id})}" if run_id else ""


def _multipart(
    files: Sequence[tuple[str, Path]], fields: Mapping[str, str], boundary: str
) -> bytes:
    """Return the body of a form with text fields and files (RFC 7578)."""
    parts: list[bytes] = []
    for name, value in fields.items():
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        )
        parts.append(value.encode() + b"\r\n")
    for field, path in files:
        quoted = path.name.replace('"', "%22")
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}";'
            f' filename="{quoted}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode()
        )
        parts.append(path.read_bytes() + b"\r\n")
    return b"".join([*parts, f"--{boundary}--\r\n".encode()])


def _problem(error: urllib.error.HTTPError) -> ClientgraphError:
    """Return the error that a problem document (RFC 9457) tells of, else its status."""
    try:
        return _told(json.load(cast("IO[bytes]", error)))
    except (ValueError, KeyError, TypeError):
        return ServerError(f"The server answered {error.code} {error.reason}.")


def _told(document: Mapping[str, Any]) -> ClientgraphError:
    """Return the error that the members of a problem document tell of."""
    kind, detail = str(document.get("type")), str(document["detail"])
    return _WRONG_USE.get(kind.rpartition("/problem/")[2], ServerError)(detail)


def _pauses() -> Iterator[float]:
    """Yield the seconds between two looks at what goes on: short at first, then one."""
    pause = 0.05
    while True:
        yield pause
        pause = min(1.0, pause * 1.3)
