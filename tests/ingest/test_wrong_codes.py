"""A code that no concept has is told by the row, in both languages, with the one likely meant."""

from __future__ import annotations

from imported import Importer

from kg.ingest import ImportReport
from kg.ingest.wrong_codes import KIND
from kg.namespaces import CG, SCHEME

DATA = f"""
@prefix cg: <{CG}> . @prefix ex: <https://example.org/> . @prefix s: <{SCHEME}> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
ex:c a cg:Classification ; cg:about ex:anne ; cg:stage <{SCHEME}stage/curent> ;
    cg:depth <{SCHEME}depth/loyal>, <{SCHEME}depth/qqq>, <{SCHEME}dept/loyal> .
ex:e cg:channel "emial", "e-mail", "en ligne", "fair" ; cg:acquisitionSource <{SCHEME}channel/own> .
<{SCHEME}channel/own> a skos:Concept ; skos:inScheme <{SCHEME}channel> .
"""
PARTIES = "key,kind,acquisition_source\nP1,person,\nP2,persn,other\nP3,person,serch\nP4,xyz,\n"
ORDERS = """order,client,date,product,quantity,amount,currency,channel
O1,P1,2025-01-01,T,1,2.00,EUR,phonne
O2,P1,2025-01-02,T,1,2.00,EUR,phone
O3,P1,2025-01-03,T,1,2.00,EUR,Phone
O4,P1,2025-01-04,T,1,2.00,EUR,phonne
"""


def told(report: ImportReport) -> list[tuple[str | None, int | None, str | None]]:
    return [(f.file, f.row, f.value) for f in report.findings if f.kind == KIND]


def test_codes_of_a_document_are_told(importer: Importer) -> None:
    report = importer({"some.ttl": DATA})
    assert report.status == "committed"
    assert sorted(told(report)) == [
        ("some.ttl", None, value) for value in ("curent", "emial", "loyal", "qqq")
    ]
    assert (report.by_shape[KIND], report.warnings) == (4, 4)
    messages = {f.value: f.message for f in report.findings}
    assert messages["curent"]["en"].endswith("Did you mean 'current'?")
    assert messages["emial"]["fr"].endswith("Vouliez-vous dire 'email' ?")
    assert "'depth'" in messages["loyal"]["fr"]
    assert messages["qqq"]["fr"].startswith("'qqq' n'est pas un code de 'depth', qui a ")
    assert "Vouliez" not in messages["qqq"]["fr"]


def test_codes_of_a_table_are_told_by_their_rows(importer: Importer) -> None:
    importer({"parties.csv": "key,kind\nP1,person\n", "products.csv": "key,name\nT,Tea\n"})
    report = importer({"purchases.csv": ORDERS})
    assert report.status == "committed"
    assert told(report) == [("purchases.csv", 2, "phonne"), ("purchases.csv", 5, "phonne")]


def test_a_closed_code_is_refused_with_the_one_likely_meant(importer: Importer) -> None:
    report = importer({"parties.csv": PARTIES})
    assert report.status == "refused"
    found = {(f.row, f.value): f.message for f in report.findings}
    assert found[3, "persn"]["fr"].endswith("écrire l'une d'elles. Vouliez-vous dire 'person' ?")
    assert found[4, "serch"]["en"].endswith("write one of these. Did you mean 'search'?")
    assert "Did you mean" not in found[5, "xyz"]["en"]


def test_codes_of_an_earlier_import_are_not_told_again(importer: Importer) -> None:
    importer({"some.ttl": DATA})
    assert told(importer({"parties.csv": "key,kind\nP1,person\n"})) == []
