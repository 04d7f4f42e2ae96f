"""No nesting of triples in triples ends the process that reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import MappingError, RdfSyntaxError
from kg.ingest.rml import parse_rml
from kg.store import Store
from kg.store.nesting import check_nesting
from kg.store.rdf import load_bytes, load_file

DEPTH = 100_000
DEEP = "<x:a> <x:p> " + "<<( <x:a> <x:b> " * DEPTH + "<x:o>" + " )>>" * DEPTH + " ."


@pytest.mark.parametrize("form", ["turtle", "nt", "trig", "nquads"])
def test_deep_documents_are_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"deep.{form}"
    path.write_text("# <<\n" + DEEP, encoding="utf-8")
    with Store.open() as store, store.write() as tx:
        with pytest.raises(RdfSyntaxError, match="500 deep"):
            load_bytes(tx, DEEP.encode(), format=form)
        with pytest.raises(RdfSyntaxError, match="500 deep"):
            load_file(tx, path, format=form)
        tx.rollback()


def test_a_deep_mapping_is_refused() -> None:
    with pytest.raises(MappingError, match="500 deep"):
        parse_rml(DEEP.encode(), "deep.rml.ttl")


@pytest.mark.parametrize(
    "text",
    [
        '<x:a> <x:p> "' + "a << b " * 2000 + '" .',
        "<x:a> <x:p> <x:o> . # " + "<< " * 2000,
        '<x:a> <x:p> """' + 'cout << \\"\n' * 2000 + '""" .',
        "<<( <x:a> <x:p> <x:o> )>> " * 2000,
        "@prefix : <x:> . :a\\#b :p '<<' . " * 2000,
    ],
)
def test_what_only_looks_like_nesting_is_none(text: str) -> None:
    check_nesting(text.encode(), "a document")
