"""Random queries on random data: where two other engines agree, the compiled answer is theirs.

The engines err in ways of their own (pyoxigraph rewrites lexical forms, rdflib repeats rows of
some paths ...), so that only what they agree about is taken for the truth.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import Answer, Oxigraph, Rdflib, comparable, insert
from query_strategies import Quad, datasets, queries

from kg.namespaces import PROVENANCE_GRAPH
from kg.sparql import query
from kg.store import Store

pytestmark = [
    # rdflib's Dataset warns of its own use of what it deprecates.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib"),
    pytest.mark.filterwarnings("ignore:.*:UserWarning:rdflib"),
]

OUTCOMES: Counter[str] = Counter()
"""How many queries were compared, and why others were not."""


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as store:
        yield store


def compared(store: Store, quads: list[Quad], texts: list[str]) -> None:
    """Compare the answers to some queries on a dataset."""
    oxigraph, other = Oxigraph(quads), Rdflib(quads)
    with store.write() as tx:
        insert(tx, quads)
        for text in texts:
            wanted = _agreed(oxigraph, other, text)
            if wanted is None:
                continue
            result = query(
                store,
                text,
                cursor=tx.cursor,
                union_default_graph=False,
                hidden_graphs=[PROVENANCE_GRAPH],
            )
            if result.engine != "sql":
                OUTCOMES[f"not compiled: {result.reason}"] += 1
                if "engine could not" in (result.reason or ""):
                    break
                continue
            OUTCOMES["compared"] += 1
            found: Answer
            if result.form == "ask":
                found = bool(result.boolean)
            else:
                order = sorted(range(len(result.variables)), key=result.variables.__getitem__)
                found = Counter(
                    tuple(comparable(row[i][1:] if (row[i]) else None) for i in order)  # type: ignore[index]
                    for row in result.rows()
                )
            assert found == wanted, f"\n{text}\non {quads}\nfound  {found}\nwanted {wanted}"
        tx.rollback()


def _agreed(oxigraph: Oxigraph, other: Rdflib, text: str) -> Answer | None:
    """Return the answer that both oracles give, None when there is none."""
    try:
        one = oxigraph.answer(text)
    except (SyntaxError, RuntimeError, ValueError):
        OUTCOMES["pyoxigraph fails"] += 1
        return None
    try:
        two = other.answer(text)
    except Exception:
        OUTCOMES["rdflib fails"] += 1
        return None
    if one != two:
        OUTCOMES["the oracles disagree"] += 1
        return None
    OUTCOMES["agreed, with solutions" if one else "agreed, empty"] += 1
    return one


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(quads=datasets, texts=st.lists(queries(), min_size=3, max_size=5))
def test_compiled_answers_are_those_of_two_oracles(
    store: Store, quads: list[Quad], texts: list[str]
) -> None:
    compared(store, quads, texts)


@pytest.mark.slow
@settings(
    max_examples=int(os.environ.get("CLIENTGRAPH_EXAMPLES", "2000")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(quads=datasets, texts=st.lists(queries(), min_size=3, max_size=6))
def test_compiled_answers_at_length(store: Store, quads: list[Quad], texts: list[str]) -> None:
    compared(store, quads, texts)
