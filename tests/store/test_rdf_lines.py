"""What the engine cuts out of a line is what the parser reads there; it takes nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.store import Cursor, Store
from kg.store.nquads import can_be_cut, cut_lines
from tests.drawing import examples

_PIECES = st.text(
    alphabet=st.sampled_from(
        "ab:/?#[]@!$&'()*+,;=%41.-_~ \"\\<>^`{|}é\xa0\ud7ff\ue000\U00010000tnr\1"
    ),
    max_size=4,
)
_STARTS = ("http://", "http:", "urn:", "a:", "http:///", "http://h:8/", "x:/", "x://", "h:", "a+b:")
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


_IRI = st.just("<http://a/x>") | _joined(
    st.just("<"), st.sampled_from(_STARTS), _PIECES, st.just(">")
)
_BLANK = st.sampled_from(("_:a", "_:1", "_:a-b", "_:a.b", "_:a.", "_:-", "_:é", "_:_"))
_LITERAL = _joined(
    st.just('"'),
    st.sampled_from(("", "a", "\\n", '\\"', "\\\\", "<b> .", "_:x", "\\\\n", "\\u0041")),
    _PIECES,
    st.just('"'),
    st.sampled_from(("", "@en", "@EN-us", "@fr-Latn-FR", "@abcd", f"^^<{_RDF}langString>", "@e"))
    | _IRI.map("^^{}".format),
)
_LINE = _joined(
    _IRI | _BLANK,
    st.just(" "),
    _IRI,
    st.just(" "),
    _IRI | _BLANK | _LITERAL,
    st.just("") | (_IRI | _BLANK).map(" {}".format),
    st.sampled_from((" .", " .", ".", "  .", " . # end")),
)


@pytest.fixture(scope="module")
def cursor() -> Iterator[Cursor]:
    with Store.open() as store:
        yield store.cursor()


@settings(
    max_examples=examples(12, 50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lines=st.lists(_LINE, min_size=20, max_size=100))
def test_cut_terms_are_those_of_the_parser(
    cursor: Cursor, tmp_path: Path, lines: list[str]
) -> None:
    path = tmp_path / "lines.nq"
    path.write_text("\n".join(lines), newline="")
    with cut_lines(cursor, path, "_lines"):
        rows = cursor.execute("SELECT * FROM _lines").fetchall()
    assert len(rows) == len(lines)
    for line, row in zip(lines, rows, strict=True):
        if row[-1] is None:
            [quad] = ox.parse(line.encode(), ox.RdfFormat.N_QUADS)
            assert row[:-1] == _row(quad), line
        else:
            assert row == (None,) * 6 + (line,)


def test_ordinary_lines_are_cut(cursor: Cursor, tmp_path: Path) -> None:
    path = tmp_path / "lines.nq"
    path.write_text(
        '<http://a/b?c=d#e> <urn:p:q> "x\\ny"@fr <http://g.org:80/é> .\n'
        '_:a <http://a/p%20q> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
        "_:a <http://a/p> _:b1 <http://a/g> .\n"
    )
    with cut_lines(cursor, path, "_lines"):
        rows = cursor.execute("SELECT rest FROM _lines").fetchall()
    assert rows == [(None,)] * 3


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\nb", True),
        (b"a\r\nb\r\n", True),
        (b"a\r\nb\n", False),
        (b"a\rb\n\n", False),
        (b"a\rb", False),
        (b"\r\n\n\r", False),
        (b"a\0b\n", False),
        (b"\xc3\n", False),
        ("é\n".encode() * 600_000, True),
        (b"a" * 2_500_000, False),
    ],
)
def test_files_that_the_engine_reads_to_the_end(
    tmp_path: Path, content: bytes, expected: bool
) -> None:
    path = tmp_path / "lines"
    path.write_bytes(content)
    assert can_be_cut(path) is expected


def _row(quad: ox.Quad) -> tuple[str | None, ...]:
    def text(node: object) -> str:
        return f"_:{node.value}" if isinstance(node, ox.BlankNode) else node.value  # type: ignore[attr-defined]

    o = quad.object
    typed = (o.datatype.value, o.language) if isinstance(o, ox.Literal) else (None, None)
    graph = quad.graph_name
    name = None if isinstance(graph, ox.DefaultGraph) else text(graph)
    return (text(quad.subject), quad.predicate.value, text(o), *typed, name)
