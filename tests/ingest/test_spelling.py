"""schema.org is written with http and https alike; what is imported is kept with https."""

from __future__ import annotations

from imported import Importer, triples

from kg.ingest import ImportReport
from kg.namespaces import CG
from kg.store import Store

DATA = f"""
@prefix cg: <{CG}> . @prefix s: <http://schema.org/> .
<https://example.org/anne> a cg:NaturalPerson, s:Person ; cg:sourceKey "X1" ;
    s:knows <https://example.org/ben>, s:Person ; s:url "http://schema.org/left as text" .
<https://example.org/ben> a <https://schema.org/Person> ; <https://schema.org/knows> s:Person .
"""
LINES = "".join(
    f"<https://example.org/p{n}> <http://schema.org/knows> <http://schema.org/Person> .\n"
    for n in range(300)
)
MAPPING = """
prefixes: {s: "http://schema.org/"}
sources: {rows: {access: rows.csv, referenceFormulation: csv}}
mappings:
  row:
    sources: rows
    s: {f: "mint(party, $(key))"}
    po: [[a, cg:NaturalPerson], [cg:sourceKey, $(key)], [a, s:Person], [s:name, $(name)]]
"""


def told(report: ImportReport) -> list[str]:
    return [note[language] for note in report.notes for language in ("en", "fr")]


def named(store: Store) -> set[str]:
    """Return the IRIs and texts of live triples that name schema.org."""
    return {text for triple in triples(store) for text in triple if "schema.org" in text}


def test_a_document_is_kept_in_one_spelling_and_its_texts_as_they_are(
    store: Store, importer: Importer
) -> None:
    report = importer({"some.ttl": DATA, "more.nt": LINES})
    assert report.status == "committed"
    assert named(store) == {
        *(f"https://schema.org/{name}" for name in ("Person", "knows", "url")),
        "http://schema.org/left as text",
    }
    assert (
        "https://example.org/anne",
        "https://schema.org/knows",
        "https://schema.org/Person",
    ) in (triples(store))
    (english, french) = told(report)
    assert "http://schema.org/: 305." in english
    assert "http://schema.org/ : 305." in french


def test_a_mapping_is_kept_in_one_spelling_and_replaces_what_it_said(
    store: Store, importer: Importer
) -> None:
    assert len(told(importer({"rows.csv": "key,name\n1,Anne\n2,Ben\n"}, MAPPING))) == 2
    report = importer({"rows.csv": "key,name\n1,Anna\n2,Ben\n"}, MAPPING)
    assert named(store) == {"https://schema.org/Person", "https://schema.org/name"}
    names = {o for _, p, o in triples(store) if p.endswith("schema.org/name")}
    assert (report.quads_removed, names) == (1, {"Anna", "Ben"})


def test_who_writes_https_is_told_nothing(importer: Importer) -> None:
    report = importer({"some.ttl": DATA.replace("http://schema.org", "https://schema.org")})
    assert told(report) == []
