"""Random updates of small random data leave the same graphs as another engine's updates do."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.namespaces import PROVENANCE_GRAPH
from kg.sparql import update
from kg.store import Store
from kg.store.export import dump
from kg.store.rdf import load_bytes
from tests.drawing import examples

NAMES = [f"<http://e.example/{name}>" for name in "abc"]
PREDICATES = [f"<http://e.example/{name}>" for name in "pq"]
GRAPHS = [f"<http://e.example/{name}>" for name in ("g", "h")]
LITERALS = ['"x"', '"x"@en', "1", "2", "true"]
BLANKS = ["_:s", "_:t"]
VARIABLES = ["?a", "?b", "?c"]

objects = st.sampled_from([*NAMES, *LITERALS])
triples = st.tuples(st.sampled_from(NAMES), st.sampled_from(PREDICATES), objects)
places = st.sampled_from([None, *GRAPHS])


def _block(quads: Iterable[tuple[tuple[str, str, str], str | None]]) -> str:
    """Return quads as the inside of the braces of data or of a template."""
    return " ".join(
        f"GRAPH {graph} {{ {' '.join(triple)} }}" if graph else f"{' '.join(triple)} ."
        for triple, graph in quads
    )


with_blanks = st.tuples(
    st.sampled_from([*NAMES, *BLANKS]),
    st.sampled_from(PREDICATES),
    st.sampled_from([*NAMES, *LITERALS, *BLANKS]),
)
data = st.lists(st.tuples(with_blanks, places), max_size=10).map(_block)

variables = st.sampled_from(VARIABLES)
patterns = st.tuples(
    st.one_of(variables, st.sampled_from(NAMES)),
    st.one_of(st.sampled_from(PREDICATES), variables),
    st.one_of(variables, objects),
)
template_graphs = st.one_of(places, st.sampled_from(["?g", "?a", "?d"]))
deleted = st.lists(st.tuples(patterns, template_graphs), min_size=1, max_size=3).map(_block)
new_nodes = st.tuples(
    st.one_of(variables, st.sampled_from(["_:n", *NAMES])),
    st.one_of(st.sampled_from(PREDICATES), variables),
    st.one_of(variables, objects, st.sampled_from(["_:n", "_:m", "?d", "[]"])),
)
inserted = st.lists(st.tuples(new_nodes, template_graphs), min_size=1, max_size=3).map(_block)


@st.composite
def groups(draw: st.DrawFn) -> str:
    """Return the inside of the braces of a WHERE clause."""
    parts = []
    for _ in range(draw(st.integers(1, 2))):
        text = " . ".join(" ".join(one) for one in draw(st.lists(patterns, min_size=1, max_size=2)))
        graph = draw(st.sampled_from([None, None, "?g", *GRAPHS]))
        text = f"GRAPH {graph} {{ {text} }}" if graph else f"{{ {text} }}"
        parts.append(draw(st.sampled_from(["{}", "{}", "OPTIONAL {{ {} }}"])).format(text))
    parts.append(
        draw(
            st.sampled_from(
                [
                    "",
                    "",
                    "FILTER(isIRI(?a))",
                    "FILTER NOT EXISTS { ?a <http://e.example/q> ?b }",
                    'BIND(CONCAT(STR(?b), "!") AS ?d)',
                    'BIND(IRI(CONCAT("http://e.example/new/", STR(?c))) AS ?d)',
                    "BIND(?b + 1 AS ?d)",
                    'VALUES ?d { <http://e.example/none> "none" }',
                    "VALUES (?a ?d) { (<http://e.example/a> 7) (UNDEF <http://e.example/g>) }",
                    "MINUS { ?a <http://e.example/p> 1 }",
                    "{ SELECT ?d { ?d <http://e.example/p> ?x } }",
                ]
            )
        )
    )
    return " ".join(parts)


@st.composite
def modifications(draw: st.DrawFn) -> str:
    """Return an operation with a WHERE clause."""
    templates = draw(st.sampled_from(["DELETE", "INSERT", "DELETE INSERT"])).split()
    clauses = [
        f"{word} {{ {draw(deleted if word == 'DELETE' else inserted)} }}" for word in templates
    ]
    within = draw(st.sampled_from(["", "", *(f"WITH {graph} " for graph in GRAPHS)]))
    using = draw(
        st.sampled_from(
            ["", "", "", f"USING {GRAPHS[0]}", f"USING {GRAPHS[1]} USING NAMED {GRAPHS[0]}"]
        )
    )
    return f"{within}{' '.join(clauses)} {using} WHERE {{ {draw(groups())} }}"


targets = st.sampled_from(["DEFAULT", "NAMED", "ALL", *(f"GRAPH {graph}" for graph in GRAPHS)])
ends = st.sampled_from(["DEFAULT", *GRAPHS])
operations = st.one_of(
    modifications(),
    modifications(),
    modifications(),
    st.lists(st.tuples(triples, places), max_size=3).map(
        lambda quads: f"INSERT DATA {{ {_block(quads)} }}"
    ),
    st.lists(st.tuples(triples, places), max_size=3).map(
        lambda quads: f"DELETE DATA {{ {_block(quads)} }}"
    ),
    st.lists(st.tuples(patterns, st.one_of(places, st.just("?g"))), min_size=1, max_size=2).map(
        lambda quads: f"DELETE WHERE {{ {_block(quads)} }}"
    ),
    st.tuples(st.sampled_from(["CLEAR", "DROP"]), targets).map(" SILENT ".join),
    st.tuples(st.sampled_from(["ADD", "COPY", "MOVE"]), ends, ends).map(
        lambda words: f"{words[0]} SILENT {words[1]} TO {words[2]}"
    ),
)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as opened:
        yield opened


SMALL = settings(
    max_examples=examples(12, 30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@SMALL
@given(data=data, requested=st.lists(operations, min_size=1, max_size=4))
def test_random_updates(store: Store, data: str, requested: list[str]) -> None:
    _compare(store, data, requested)


@pytest.mark.slow
@settings(SMALL, max_examples=3000)
@given(data=data, requested=st.lists(operations, min_size=1, max_size=5))
def test_many_random_updates(store: Store, data: str, requested: list[str]) -> None:
    _compare(store, data, requested)


def _compare(store: Store, data: str, requested: list[str]) -> None:
    trig = data.encode()
    with store.write() as tx:
        tx.clear()
        load_bytes(tx, trig, format="trig")
    oracle = ox.Store()
    oracle.load(trig, format=ox.RdfFormat.TRIG)
    before, head = _quads(store), store.head
    result = update(
        store,
        " ;\n".join(requested),
        union_default_graph=False,
        hidden_graphs=[str(PROVENANCE_GRAPH)],
    )
    for operation in requested:
        if not _takes_from_nothing(oracle, operation):
            oracle.update(operation)
            _forget_empty_graphs(oracle)
    after = _quads(store)
    assert _canonical(after) == _canonical(oracle), "\n".join(map(str, oracle))
    assert (result.inserted, result.deleted) == (len(after - before), len(before - after))
    assert result.commit == head + bool(after != before)
    assert _quads(store, head) == before


def _takes_from_nothing(oracle: ox.Store, operation: str) -> bool:
    """Whether an operation fails silently: the other engine empties the target all the same."""
    words = operation.split()
    if words[0] not in ("ADD", "COPY", "MOVE") or words[2] == "DEFAULT":
        return False
    return ox.NamedNode(words[2].strip("<>")) not in set(oracle.named_graphs())


def _forget_empty_graphs(oracle: ox.Store) -> None:
    """Take out graphs without a quad, which the store does not record."""
    for graph in list(oracle.named_graphs()):
        if next(iter(oracle.quads_for_pattern(None, None, None, graph)), None) is None:
            oracle.remove_graph(graph)


def _quads(store: Store, commit: int | None = None) -> set[ox.Quad]:
    lines = io.BytesIO()
    hidden = [str(PROVENANCE_GRAPH)]
    dump(store.cursor(), lines, hidden_graphs=hidden, as_of_commit=commit)
    return set(ox.parse(lines.getvalue(), ox.RdfFormat.N_QUADS))


def _canonical(quads: Iterable[ox.Quad]) -> set[ox.Quad]:
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)
