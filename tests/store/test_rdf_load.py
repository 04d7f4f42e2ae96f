"""Documents that are read, and documents that are refused with their place and a way out."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import BNode, Dataset, Graph, Literal, URIRef

from kg.errors import RdfSyntaxError, UsageError
from kg.store import Store, Transaction
from kg.store.rdf import load_bytes, load_file, load_graph

TRIPLE = b"<x:a> <x:b> <x:c> .\n"


@pytest.fixture
def tx() -> Iterator[Transaction]:
    with Store.open() as store, store.write() as transaction:
        yield transaction
        transaction.rollback()


def quads(tx: Transaction) -> list[tuple[str | None, ...]]:
    return tx.cursor.execute(
        "SELECT s.lex, p.lex, o.lex, o.dt, o.lang, g.lex FROM live AS q"
        " JOIN term AS s ON s.id = q.s JOIN term AS p ON p.id = q.p JOIN term AS o ON o.id = q.o"
        " LEFT JOIN term AS g ON g.id = q.g ORDER BY ALL"
    ).fetchall()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ttl", b"@prefix x: <x:> . x:a x:b x:c ."),
        ("a.trig", b"{ <x:a> <x:b> <x:c> }"),
        ("a.nt", TRIPLE),
        ("a.NQ", TRIPLE),
        ("a.jsonld", b'{"@id": "x:a", "x:b": {"@id": "x:c"}}'),
        (
            "a.rdf",
            b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="x:">'
            b'<rdf:Description rdf:about="x:a"><x:b rdf:resource="x:c"/></rdf:Description>'
            b"</rdf:RDF>",
        ),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_extension_names_the_format(
    tx: Transaction, tmp_path: Path, name: str, content: bytes, packed: bool
) -> None:
    path = tmp_path / (name + ".gz" if packed else name)
    path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    assert load_file(tx, path) == 1
    assert quads(tx) == [("x:a", "x:b", "x:c", None, None, None)]


def test_lexical_forms_are_kept_and_language_tags_lowered(tx: Transaction) -> None:
    load_bytes(tx, b'<x:a> <x:b> 01, 1.50, "x"@EN-Gb, "01" .', format="text/turtle")
    xsd = "http://www.w3.org/2001/XMLSchema#"
    assert [row[2:5] for row in quads(tx)] == [
        ("01", xsd + "integer", None),
        ("01", xsd + "string", None),
        ("1.50", xsd + "decimal", None),
        ("x", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "en-gb"),
    ]


def test_blank_nodes_of_two_documents_stay_apart(tx: Transaction) -> None:
    for _ in range(2):
        load_bytes(tx, b"_:a <x:b> _:a .", format="nt")
    assert len(quads(tx)) == 2
    assert all(row[0] == row[2] for row in quads(tx))


def test_target_graph_takes_everything(tx: Transaction, tmp_path: Path) -> None:
    path = tmp_path / "a.nt"
    path.write_bytes(TRIPLE)
    load_file(tx, path, graph="x:g")
    assert quads(tx) == [("x:a", "x:b", "x:c", None, None, "x:g")]


@pytest.mark.parametrize("content", [TRIPLE + b"<x:a> <x:b> <x:c> <x:h> .\n"])
def test_target_graph_refuses_graphs_of_the_document(
    tx: Transaction, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "a.nq"
    path.write_bytes(content)
    with pytest.raises(RdfSyntaxError, match="Leave out the target graph"):
        load_file(tx, path, graph="x:g")
    with pytest.raises(RdfSyntaxError, match="Leave out the target graph"):
        load_bytes(tx, content, format="nquads", graph="x:g")


def test_base_resolves_relative_iris(tx: Transaction) -> None:
    load_bytes(tx, b"<a> <b> <#c> .", format="turtle", base="http://example.org/d")
    assert quads(tx)[0][:3] == (
        "http://example.org/a",
        "http://example.org/b",
        "http://example.org/d#c",
    )
    with pytest.raises(RdfSyntaxError, match="Give the base IRI"):
        load_bytes(tx, b"<a> <b> <c> .", format="turtle")


def test_empty_turtle_is_an_empty_graph(tx: Transaction) -> None:
    assert load_bytes(tx, b"# nothing\n", format="turtle") == 0


@pytest.mark.parametrize("name", ["a.nt", "a.nq", "a.ttl"])
def test_an_empty_file_is_an_empty_graph(tx: Transaction, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    assert load_file(tx, path) == 0


def test_byte_order_mark_is_passed_over(tx: Transaction, tmp_path: Path) -> None:
    path = tmp_path / "a.nt"
    path.write_bytes(b"\xef\xbb\xbf" + TRIPLE)
    assert load_file(tx, path) == 1
    assert load_bytes(tx, path.read_bytes(), format="turtle", graph="x:g") == 1


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_line_ends_of_every_system(tx: Transaction, tmp_path: Path, ends: bytes) -> None:
    path = tmp_path / "a.nq"
    lines = [b'<x:a> <x:b> "%d" <x:g> .' % i for i in range(3)]
    path.write_bytes(b"# head" + ends + ends + ends.join(lines))
    assert load_file(tx, path) == 3


@pytest.mark.parametrize(
    "line",
    [
        b'<x:a>\t<x:b>\t"tabs" .',
        b'<x:a><x:b>"close"<x:g>.',
        b'  <x:a> <x:b>  "spaces" . # and a comment',
        b'<x:a> <x:b> "\\u00e9\\U0001F600" .',
        b'<x:a> <x:b> "nul\x00" .',
        b'<x:a> <x:b> "\x01 \\\\ \\"" .',
        b"<http://[::1]/> <x:b> _:a.b .",
        b'<x:a> <x:b> "x"@sl-rozaj-biske-1994 .',
        b'<x:a> <x:b> "1"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML> .',
    ],
)
def test_unusual_lines_are_read_as_the_parser_reads_them(
    tx: Transaction, tmp_path: Path, line: bytes
) -> None:
    path = tmp_path / "a.nq"
    path.write_bytes(TRIPLE + line + b"\n" + TRIPLE)
    [expected] = ox.parse(line, ox.RdfFormat.N_QUADS)
    assert load_file(tx, path) == 2
    [found] = [row for row in quads(tx) if row != ("x:a", "x:b", "x:c", None, None, None)]
    value = expected.object.value
    assert found[2] == value or found[2].startswith("_:b")
    if isinstance(expected.object, ox.Literal):
        assert found[3:5] == (expected.object.datatype.value, expected.object.language)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (TRIPLE * 3 + b'<x:a> <x:b> "open .\n' + TRIPLE, 4, "end of file"),
        (TRIPLE * 2 + b"<x:a> <x:b c> <x:c> .\n", 3, "Invalid IRI"),
        (TRIPLE + b"<x:a> <x:b>\n<x:c> .\n", 3, "line jumps"),
        (TRIPLE + b'<x:a> <x:b> "\xff" .\n', 2, "UTF-8"),
        (TRIPLE + TRIPLE[:-3], 2, "dot"),
        (TRIPLE + b'"x" <x:b> <x:c> .\n', 2, "subject"),
        (TRIPLE + b'<x:a> <x:b> "x"@e .\n', 2, "language"),
        (
            TRIPLE + b'<x:a> <x:b> "x"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString> .',
            2,
            "langString",
        ),
    ],
)
def test_wrong_line_is_named(
    tx: Transaction, tmp_path: Path, content: bytes, line: int, message: str
) -> None:
    path = tmp_path / "wrong.nq"
    path.write_bytes(content)
    with pytest.raises(RdfSyntaxError, match=message) as caught:
        load_file(tx, path)
    assert caught.value.line == line
    assert caught.value.column is not None
    assert str(caught.value).startswith(f"wrong.nq, line {line}, column ")


def test_refused_document_leaves_the_transaction_usable(tx: Transaction, tmp_path: Path) -> None:
    path = tmp_path / "a.nq"
    path.write_bytes(TRIPLE * 10 + b"\xff\n")
    with pytest.raises(RdfSyntaxError):
        load_file(tx, path)
    assert load_bytes(tx, TRIPLE, format="nt") == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.ttl", b"<?xml version='1.0'?><rdf:RDF/>", "looks like RDF/XML"),
        ("a.rdf", b"@prefix x: <x:> .", "looks like Turtle"),
        ("a.ttl", b'{"@id": "x:a"}', "looks like JSON-LD"),
        ("a.nt", gzip.compress(TRIPLE, mtime=0), "looks like gzip"),
        ("a.ttl", b"PK\x03\x04rest", "looks like a ZIP"),
        ("a.ttl", b"<!DOCTYPE html><html></html>", "looks like an HTML page"),
        ("a.jsonld", b"", "a.jsonld"),
        ("a.jsonld", b'{"@context": "http://schema.org/", "name": "x"}', "Nothing is fetched"),
        ("a.nt.gz", b"", "empty"),
        ("a.nt.gz", TRIPLE, "not sound gzip"),
        ("a.nt.gz", gzip.compress(TRIPLE * 999, mtime=0)[:-20], "cut short"),
        ("a.nt.gz", gzip.compress(TRIPLE, mtime=0)[:-8] + b"\0" * 8, "not sound gzip"),
        ("a.nt", b'<x:a> <x:b> "x"@ar--rtl .', "base direction"),
        ("a.nt", b"<x:a> <x:b> <<( <x:a> <x:b> <x:c> )>> .", "triple term"),
    ],
)
def test_content_that_is_not_what_the_name_says(
    tx: Transaction, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RdfSyntaxError, match=message):
        load_file(tx, path)


@pytest.mark.parametrize("name", ["missing.ttl", "missing.nt.gz", "folder.ttl"])
def test_file_that_cannot_be_opened(tx: Transaction, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.ttl").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        load_file(tx, tmp_path / name)


def test_unknown_formats_are_named(tx: Transaction, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no RDF format"):
        load_file(tx, tmp_path / "a.csv")
    with pytest.raises(UsageError, match="not an RDF format"):
        load_bytes(tx, b"", format="text/csv")


def test_file_name_with_wildcards(tx: Transaction, tmp_path: Path) -> None:
    (tmp_path / "a1.nt").write_bytes(TRIPLE.replace(b"x:c", b"x:other"))
    (tmp_path / "a[1].nt").write_bytes(TRIPLE)
    assert load_file(tx, tmp_path / "a[1].nt") == 1
    assert quads(tx)[0][2] == "x:c"


def test_large_turtle_passes_through_lines(tx: Transaction, tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    rows = "".join(f'<x:{i}> <x:p> "n {i}\\n\\u0001", _:b{i % 7} .\n' for i in range(12_000))
    path.write_text(rows)
    assert load_file(tx, path) == 24_000
    row = tx.cursor.execute(
        "SELECT count(DISTINCT o) FILTER (k = 1), count(*) FILTER (k = 3) FROM live"
    ).fetchone()
    assert row == (7, 12_000)
    found = tx.cursor.execute("SELECT lex FROM term WHERE lex LIKE 'n 11999%'").fetchone()
    assert found == ("n 11999\n\x01",)


def test_very_long_line(tx: Transaction, tmp_path: Path) -> None:
    path = tmp_path / "a.nt"
    path.write_bytes(TRIPLE + b'<x:a> <x:b> "' + b"y" * 6_000_000 + b'" .\n')
    assert load_file(tx, path) == 2


def test_graph_of_rdflib(tx: Transaction) -> None:
    graph = Graph()
    node = BNode()
    graph.add((node, URIRef("x:p"), Literal("01", datatype=URIRef("x:t"))))
    graph.add((URIRef("x:a"), URIRef("x:p"), node))
    assert load_graph(tx, graph, graph="x:g") == 2
    dataset = Dataset()
    dataset.default_graph.add((URIRef("x:a"), URIRef("x:p"), Literal("b", lang="EN")))
    dataset.graph(URIRef("x:h")).add((URIRef("x:a"), URIRef("x:p"), Literal(1)))
    assert load_graph(tx, dataset) == 2
    assert {row[5] for row in quads(tx)} == {"x:g", "x:h", None}
