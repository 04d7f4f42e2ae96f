"""LOAD reads files below the folders that are open to it, and nothing else."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import RdfSyntaxError, UpdateError
from kg.namespaces import PROVENANCE_GRAPH
from kg.sparql import parse_update, query, update
from kg.store import Store


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with documents, beside one with a secret."""
    opened = tmp_path / "in"
    (opened / "below").mkdir(parents=True)
    (opened / "one.ttl").write_text("<> <x:p> <other>, 007 .", "utf-8")
    (opened / "below" / "zwei äö.nt").write_text('<x:s> <x:p> "2" .\n', "utf-8")
    (opened / "bad.ttl").write_text("<x:s> <x:p> 1 . <x:s> oops", "utf-8")
    (opened / "bad.nt").write_text('<x:s> <x:p> "1" .\n<x:s> oops\n', "utf-8")
    (opened / "graphs.trig").write_text(f"<{PROVENANCE_GRAPH}> {{ <x:s> <x:p> 1 }}", "utf-8")
    outside = tmp_path / "inner-secret"
    outside.mkdir()
    (outside / "secret.ttl").write_text("<x:s> <x:p> <x:secret> .", "utf-8")
    (opened / "link.ttl").symlink_to(outside / "secret.ttl")
    (opened / "way").symlink_to(outside)
    (opened / "round").symlink_to(opened / "round")
    return opened


def _load(store: Store, folder: Path, iri: str, into: str = " INTO GRAPH <x:g>") -> int:
    return update(store, f"LOAD <{iri}>{into}", load_folders=[folder]).inserted


def test_a_document_is_read_with_its_own_base(store: Store, folder: Path) -> None:
    iri = (folder / "one.ttl").as_uri()
    assert _load(store, folder, iri) == 2
    rows = query(store, f"SELECT ?o {{ GRAPH <x:g> {{ <{iri}> <x:p> ?o }} }}").rows()
    assert {row[0][1] for row in rows if row[0]} == {(folder / "other").as_uri(), "007"}
    assert _load(store, folder, iri, into="") == 2
    assert _load(store, folder, (folder / "below" / "zwei äö.nt").as_uri()) == 1
    assert _load(store, folder, f"FILE://localhost{folder}/below/../one.ttl", into="") == 2


def test_a_link_within_the_folder_and_a_linked_folder_are_followed(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    (folder / "same.ttl").symlink_to(folder / "one.ttl")
    (tmp_path / "door").symlink_to(folder)
    assert _load(store, folder, (folder / "same.ttl").as_uri()) == 2
    iri = (tmp_path / "door" / "one.ttl").as_uri()
    assert _load(store, tmp_path / "door", iri, into=" INTO GRAPH <x:door>") == 2


@pytest.mark.parametrize(
    "name",
    [
        "../inner-secret/secret.ttl",
        "%2e%2e/inner-secret/secret.ttl",
        "..%2Finner-secret%2Fsecret.ttl",
        "below/../../inner-secret/secret.ttl",
        "link.ttl",
        "way/secret.ttl",
        "round",
        "round/x.ttl",
        "../in-other/one.ttl",
        "",
        "below",
        "none.ttl",
        "one.ttl%00",
        "one.ttl?x",
        "one.ttl#x",
        "%ff.ttl",
        "x" * 5000,
    ],
)
def test_what_is_not_a_file_below_the_folder_is_refused(
    store: Store, folder: Path, name: str
) -> None:
    head = store.head
    for silent in (False, True):
        iri = f"{folder.as_uri()}/{name}"
        if silent:
            assert update(store, f"LOAD SILENT <{iri}>", load_folders=[folder]).inserted == 0
        else:
            with pytest.raises(UpdateError, match="LOAD"):
                _load(store, folder, iri)
    assert store.head == head


def test_a_pipe_is_not_opened(store: Store, folder: Path) -> None:
    os.mkfifo(folder / "pipe.ttl")
    with pytest.raises(UpdateError, match="no such file"):
        _load(store, folder, (folder / "pipe.ttl").as_uri())


def test_the_message_does_not_tell_what_is_outside(store: Store, folder: Path) -> None:
    messages = []
    for name in ("secret.ttl", "absent.ttl"):
        with pytest.raises(UpdateError) as caught:
            _load(store, folder, f"{folder.as_uri()}/../inner-secret/{name}")
        messages.append(str(caught.value).replace(name, ""))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("folders", [[], ["/nowhere-at-all"]])
def test_nothing_is_read_where_no_folder_is_open(
    store: Store, folder: Path, folders: list[str]
) -> None:
    with pytest.raises(UpdateError, match="CLIENTGRAPH_LOAD_FOLDERS"):
        update(
            store,
            f"LOAD <{(folder / 'one.ttl').as_uri()}>",
            load_folders=[Path(one) for one in folders],
        )


@pytest.mark.parametrize("name", ["bad.ttl", "bad.nt", "graphs.trig"])
def test_a_document_that_cannot_be_read_leaves_no_trace(
    store: Store, folder: Path, name: str
) -> None:
    iri = (folder / name).as_uri()
    head = store.head
    for into in ("", " INTO GRAPH <x:bad>"):
        with pytest.raises(RdfSyntaxError):
            _load(store, folder, iri, into)
        done = update(
            store,
            f"LOAD SILENT <{iri}>{into} ; INSERT DATA {{ <x:after> <x:bad> '{name}{into}' }}",
            load_folders=[folder],
        )
        assert done.inserted == 1
    assert store.head == head + 2
    assert query(store, "ASK { GRAPH <x:bad> { ?s ?p ?o } }").boolean is False


@pytest.fixture
def visits() -> Iterator[tuple[str, list[str]]]:
    """Serve on the loopback; yield the address, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/turtle")
            self.end_headers()
            self.wfile.write(b"<x:s> <x:p> <x:fetched> .")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_neither_reading_nor_executing_a_text_asks_the_network(
    store: Store, folder: Path, visits: tuple[str, list[str]]
) -> None:
    address, asked = visits
    for text in (
        f"LOAD <{address}/a>",
        f"LOAD SILENT <{address}/b>",
        f"PREFIX x: <{address}/> # ;\nLOAD x:c INTO GRAPH <x:g>",
        f"INSERT DATA {{}}; BASE <{address}/> LOAD <d>",
        f"BASE <{address}/> LOAD <e> ; INSERT {{ ?s ?p 1 }} WHERE {{ SERVICE <f> {{ ?s ?p 1 }} }}",
    ):
        parse_update(text)
        if "SILENT" in text:
            update(store, text, load_folders=[folder, Path("/")])
            continue
        with pytest.raises(UpdateError, match="never the network"):
            update(store, text, load_folders=[folder, Path("/")])
    assert asked == []
