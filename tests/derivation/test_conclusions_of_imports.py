"""Imports, undos, merges and updates in any order leave what follows from the facts."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_kept_conclusions import check, clauses

from kg.derivation import derive_in, differences
from kg.errors import UsageError
from kg.ingest import ImportOptions, run_import, undo_import
from kg.merging import merge, unmerge
from kg.namespaces import CG
from kg.shacl import Shapes
from kg.sparql import update
from kg.store import Store

PEOPLE = ["P1", "P2", "P3", "P4"]
PARTIES = (
    "key,kind,name,parent\nL1,legal,Firm,\nU1,unit,Desk,L1\nU2,unit,Team,U1\n"
    + "".join(f"{key},person,{key},\n" for key in PEOPLE)
)  # fmt: skip
HEADERS = {
    "purchases": "order,client,date,amount,currency,seller,acting_buyer",
    "recommendations": "key,recommender,referred,date",
    "supplies": "supplier,client,service",
    "uses": "user,date",
    "client_requests": "key,requester,date",
}
NO_SHAPES = Shapes((), {})
person = st.sampled_from(PEOPLE)
maybe = st.sampled_from(["", *PEOPLE])
number = st.sampled_from(["1", "2"])
ROWS = {
    "purchases": st.tuples(
        number, person, st.just("2025-01-01"), st.just("1"), st.just("EUR"),
        st.sampled_from(["L1", "U1"]), maybe,
    ),
    "recommendations": st.tuples(number, maybe, maybe, st.just("2025-01-01")),
    "supplies": st.tuples(st.sampled_from(["U1", "U2"]), person, st.just("Help")),
    "uses": st.tuples(person, st.just("2025-01-01")),
    "client_requests": st.tuples(number, person, st.just("2025-01-01")),
}  # fmt: skip
TABLES = st.dictionaries(
    st.sampled_from(sorted(ROWS)), st.just(None), min_size=1, max_size=2
).flatmap(
    lambda names: st.fixed_dictionaries(
        {
            name: st.lists(ROWS[name], min_size=1, max_size=2, unique_by=lambda r: r[0])
            for name in names
        }
    )
)
STEPS = st.one_of(
    st.tuples(st.just("import"), TABLES),
    st.tuples(st.just("import"), TABLES),
    st.tuples(st.just("undo"), st.integers(0, 4)),
    st.tuples(st.just("merge"), st.tuples(person, person)),
    st.tuples(st.just("unmerge"), person),
    st.tuples(st.just("forget"), st.sampled_from(["client", "recommender", "mergedInto", "user"])),
)


def follow(steps: list[tuple[str, object]]) -> None:
    """Take steps, holding the conclusions against new ones, and at the end against rdflib."""
    runs: list[str] = []
    with Store.open() as store, tempfile.TemporaryDirectory() as place:
        derive_in(store)
        for count, (kind, what) in enumerate([("import", {}), *steps]):
            # What is refused changes nothing, and that is checked too.
            with suppress(UsageError):
                match kind:
                    case "import":
                        runs.append(imported(store, Path(place) / str(count), what))
                    case "undo":
                        undo_import(store, runs[what % len(runs)], shapes=NO_SHAPES)
                    case "merge":
                        merge(store, *what)
                    case "unmerge":
                        unmerge(store, what)
                    case _:
                        update(store, f"DELETE WHERE {{ ?s <{CG[what]}> ?o }}")
            assert differences(store.cursor(), clauses()) == []
        check(store)


def imported(store: Store, place: Path, tables: dict[str, list[tuple[str, ...]]]) -> str:
    """Import the parties and some rows; return the number of the import."""
    place.mkdir()
    (place / "parties.csv").write_text(PARTIES)
    for name, rows in tables.items():
        text = "\n".join([HEADERS[name], *map(",".join, rows)])
        (place / f"{name}.csv").write_text(text + "\n")
    return run_import(store, [place], ImportOptions(shapes=NO_SHAPES)).id


def test_an_import_a_merge_and_their_undoing_leave_what_follows() -> None:
    bought = {"purchases": [("1", "P1", "2025-01-01", "1", "EUR", "L1", "P2")]}
    asked = {"recommendations": [("1", "P1", "P2", "2025-01-01")], "uses": [("P1", "2025-01-01")]}
    follow(
        [
            ("import", bought), ("merge", ("P1", "P3")), ("import", asked), ("undo", 1),
            ("unmerge", "P1"), ("forget", "recommender"),
        ]
    )  # fmt: skip


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=3, max_size=8))
def test_every_step_leaves_what_follows(steps) -> None:
    follow(steps)
