"""A term of the project's namespace that the vocabulary does not have is told, not refused."""

from __future__ import annotations

from imported import Importer

from kg.ingest.messages import FRENCH_KINDS, MESSAGES
from kg.ingest.wrong_codes import KIND as CODE
from kg.namespaces import CG

KIND = "unknown term"
DATA = f"""
@prefix cg: <{CG}> . @prefix ex: <https://example.org/> .
ex:anne a cg:NaturalPersn ; cg:sourceKey "X1" ; cg:qqzzxx 1 ; ex:own 2 .
ex:ben a cg:NaturalPerson ; cg:birthDat "1980-01-01" .
"""


def told(report) -> dict[str, dict[str, str]]:
    return {f.value.removeprefix(str(CG)): f.message for f in report.findings if f.kind == KIND}


def test_mistyped_terms_of_a_document_are_told_in_both_languages(importer: Importer) -> None:
    report = importer({"some.ttl": DATA, "other.ttl": DATA.replace("qqzzxx", "sex")})
    assert report.status == "committed"
    assert (report.by_shape[KIND], report.warnings) == (3, 3)
    messages = told(report)
    assert set(messages) == {"NaturalPersn", "birthDat", "qqzzxx"}
    assert "vous dire cg:NaturalPerson ?" in messages["NaturalPersn"]["fr"]
    assert "mean cg:birthDate?" in messages["birthDat"]["en"]
    assert "cg:" not in messages["qqzzxx"]["fr"].removeprefix("cg:qqzzxx")
    (finding,) = [f for f in report.findings if f.value == str(CG.qqzzxx)]
    assert finding.file == "some.ttl"


def test_mistyped_terms_of_a_mapping_document_are_told(importer: Importer) -> None:
    mapping = """
sources: {rows: {access: rows.csv, referenceFormulation: csv}}
mappings:
  row:
    sources: rows
    s: {f: "mint(party, $(key))"}
    po: [[a, cg:NaturalPerson], [cg:sourceKeys, $(key)]]
"""
    report = importer({"rows.csv": "key\n1\n2\n"}, mapping)
    assert set(told(report)) == {"sourceKeys"}
    assert "cg:sourceKey?" in told(report)["sourceKeys"]["en"]


def test_every_kind_of_wrong_cell_has_a_french_name() -> None:
    assert set(FRENCH_KINDS) == {f"cell: {code}" for code in MESSAGES} | {KIND, CODE}


def test_templates_name_terms_of_the_vocabulary_alone(importer: Importer) -> None:
    report = importer({"parties.csv": "key,kind\nP1,person\n"})
    assert KIND not in report.by_shape
