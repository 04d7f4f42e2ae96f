"""A proposed mapping document says of a file what its template would, whatever its forms."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from imported import Importer, triples, values

from kg.errors import UsageError
from kg.ingest import template_names
from kg.ingest.codes import WORDS, code_of
from kg.ingest.headers import recognise
from kg.ingest.inputs import template
from kg.ingest.mapping import Cell
from kg.ingest.preview import preview
from kg.ingest.suggestion import suggest
from kg.ingest.template_files import template_file
from kg.ingest.values import Column, form_of, meaning_of
from kg.store import Store

IMPORTED = {"parties", "products", "purchases", "memberships", "requests", "satisfaction"}
"""Templates with computed columns, groups, optional keys and conditions."""


def test_proposal_for_a_template_file_maps_as_the_template_does(
    store: Store, importer: Importer, tmp_path: Path
) -> None:
    files = {f"{name}.csv": template_file(name, "fr") for name in template_names()}
    assert importer(files).status == "committed"
    for name in template_names():
        path = tmp_path / f"export {name}.csv"
        path.write_text(files[f"{name}.csv"], encoding="utf-8")
        found = suggest(store.cursor(), path)
        assert (found.template, found.missing, found.left_out) == (name, (), ())
        if name not in IMPORTED:
            continue
        report = importer({path.name: files[f"{name}.csv"]}, found.text)
        assert (name, report.status) == (name, "unchanged")


def test_export_of_a_shop_arrives_with_the_forms_of_its_values(
    store: Store, importer: Importer, tmp_path: Path
) -> None:
    rows = [
        ["Ventes du mois", "", "", "", "", "", ""],
        ["N° commande", "Client", "Date de commande", "Qté", "Montant", "Devise", "Vu par"],
        ["V1", "C1", "03/05/2024", "2", "1 234,50", "EUR", "x"],
        ["V2", "C1", "23/05/2024", "1", "10", "EUR", "y"],
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    path = tmp_path / "ventes.csv"
    path.write_text(text.getvalue(), encoding="cp1252")
    found = suggest(store.cursor(), path)
    assert (found.template, found.left_out) == ("purchases", ("Vu par",))
    assert "# Not mapped: Vu par" in found.text
    content = path.read_bytes()
    importer({"ventes.csv": content}, found.text)
    assert values(store, "orderDate") == ["2024-05-03", "2024-05-23"]
    assert values(store, "netAmount") == ["10", "1234.50"]


def test_what_the_file_lacks_is_told(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "ventes.csv"
    path.write_text("Client,Montant,Devise\nC1,5,EUR\n", encoding="utf-8")
    found = suggest(store.cursor(), path)
    assert found.missing == ("order",)
    assert "# MISSING, and required: order" in found.text


def test_columns_without_a_known_name_are_told_by_their_values(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "Ref (2024),Prénom,Contact,Line\nA1,Ada,ada@example.org,+33 1 99 00 12 34\n"
        "A2,Bo,bo@example.org,+33 1 99 00 12 35\n",
        encoding="utf-8",
    )
    found = suggest(store.cursor(), path, "parties")
    assert found.columns == {
        "key": r"$(Ref \(2024\))",
        "given_name": "$(Prénom)",
        "email": "$(Contact)",
        "phone": "$(Line)",
        "kind": "person",
    }


KINDS = "Code;Nature;Nom\nC1;Personne;Ada\nC2;Société;Roseau\nC3;personne;Bo\n"


def test_words_for_kinds_become_classes(store: Store, importer: Importer, tmp_path: Path) -> None:
    path = tmp_path / "tiers.csv"
    for header in ("Nature", "Type", "Catégorie de tiers"):
        path.write_text(KINDS.replace("Nature", header), encoding="utf-8")
        found = suggest(store.cursor(), path, "parties")
        assert (found.missing, found.left_out, found.notices) == ((), (), ())
        importer({"tiers.csv": path.read_bytes()}, found.text, source=header)
    classes = Counter(o for _, p, o in triples(store) if p == "type")
    assert (classes["NaturalPerson"], classes["LegalEntity"]) == (6, 3)
    wrong = KINDS.replace("C3;personne", "C3;perso").encode()
    report = importer({"tiers.csv": wrong}, found.text.replace("Catégorie de tiers", "Nature"))
    (finding,) = report.findings
    assert (report.status, finding.row, finding.value) == ("refused", 4, "perso")


def test_values_that_mean_no_code_are_told(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "tiers.csv"
    path.write_text(KINDS.replace("Société", "B2B"), encoding="utf-8")
    found = suggest(store.cursor(), path, language="fr")
    (notice,) = found.notices
    assert notice.startswith("Column 'Nature' has values that mean none of person, legal, unit")
    assert "# La colonne 'Nature' a des valeurs qui ne veulent dire aucun de person" in found.text
    assert found.columns["kind"] == 'when(in($(Nature), "Personne", "personne"), person, $(Nature))'
    path.write_text("Code;Nom\nC1;Ada\n", encoding="utf-8")
    found = suggest(store.cursor(), path, "parties", language="fr")
    assert "# Aucune colonne ne donne kind : legal est supposé" in found.text


def test_every_code_of_a_template_has_one_meaning() -> None:
    for name in template_names():
        for cell in (c for source in template(name).sources for c in source.cells if c.one_of):
            for code in cell.one_of:
                assert code_of(cell, code) == code
                meant = {word: code_of(cell, word.upper()) for word in WORDS.get(code, ())}
                assert set(meant.values()) <= {code}, (name, cell.column, meant)


def test_file_that_no_template_knows_is_refused(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("alpha,beta\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--template"):
        suggest(store.cursor(), path)
    with pytest.raises(UsageError, match="no template 'people'"):
        suggest(store.cursor(), path, "people")


FORMS = [
    ("date", ["2024-05-01", "2024-05"], "$(x)"),
    ("date", ["01/05/2024", "13/05/2024"], "date($(x), dmy)"),
    ("date", ["1.5.2024"], "date($(x), dmy)"),
    ("date", ["05/13/2024", "05/01/2024"], "date($(x), mdy)"),
    ("date", ["2024/05/13", "2024-05-01"], "date($(x), ymd)"),
    ("day", ["45292", "45293.5"], "excelDate($(x))"),
    ("date", ["soon"], "date($(x))"),
    ("decimal", ["1", "2.50", "-3"], "$(x)"),
    ("decimal", ["1,50", "1 234,00"], 'number($(x), ",", " ")'),
    ("decimal", ["1.234,50", "2,00"], 'number($(x), ",", ".")'),
    ("decimal", ["1,234.50", "2.00"], 'number($(x), ".", ",")'),
    ("decimal", ["12 EUR"], "number($(x))"),
    ("boolean", ["true", "false"], "$(x)"),
    (
        "boolean",
        ["oui", "non"],
        "when(isNotNull($(x)), when(in(lower($(x)), true, yes, oui, vrai, x, 1, o, y), true,"
        " false))",
    ),
    ("text", ["a"], "$(x)"),
]


@pytest.mark.parametrize(("kind", "texts", "expected"), FORMS, ids=[str(f[1]) for f in FORMS])
def test_form_of_values(kind: str, texts: list[str], expected: str) -> None:
    assert form_of(Cell("x", kind=kind), Column("x", tuple(texts))) == expected


def test_objects_within_objects_are_known_by_their_last_names(store: Store, tmp_path: Path) -> None:
    row = {"key": "1", "kind": "legal", "address": {"city": "Bern"}, "a": {"x": 1}, "b": {"x": 2}}
    path = tmp_path / "people.json"
    path.write_text(json.dumps([row]))
    found = suggest(store.cursor(), path)
    assert found.columns["city"] == "$(address.city)"
    assert found.left_out == ("a.x", "b.x")


@pytest.mark.parametrize(
    ("texts", "meaning"),
    [
        (["a@example.org", "b@example.org"], "email"),
        (["01 99 00 12 34"], "phone"),
        (["EUR", "EUR", "USD"], "currency"),
        (["12/05/2024", "13/05/2024"], "date"),
        (["C-1", "C-2"], "key"),
        (["C-1", "C-1"], None),
        (["some words"], None),
        ([], None),
    ],
)
def test_meaning_of_values(texts: list[str], meaning: str | None) -> None:
    assert meaning_of(Column("?", tuple(texts))) == meaning


def test_preview_shows_the_first_rows_and_what_is_wrong_in_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Day", "Who"], ["31/12/2024", "a"], ["32/12/2024", "b"], ["x", "c"]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    mapping = tmp_path / "m.yml"
    mapping.write_text(
        "sources: {rows: {access: a.xlsx, referenceFormulation: xlsx}}\n"
        "mappings: {m: {sources: rows, s: 'http://x/$(Who)', po: [{p: cg:date,"
        " o: {f: date($(Day)), datatype: xsd:date}}, [rdfs:label, $(Who), fr~lang]]}}",
        encoding="utf-8",
    )
    found = preview([tmp_path / "a.xlsx"], mapping, rows=2)
    assert [(quad.row, quad.subject, quad.object, quad.language) for quad in found.quads] == [
        (2, "http://x/a", "a", "fr"),
        (2, "http://x/a", "2024-12-31", None),
        (3, "http://x/b", "b", "fr"),
    ]
    assert [(finding.row, finding.column) for finding in found.findings] == [(3, "Day")]


def test_preview_of_templates_is_what_an_import_makes(
    store: Store, importer: Importer, tmp_path: Path
) -> None:
    (tmp_path / "uses.csv").write_text("user,date\nP1,2024-05-01\nP2,2024\n", encoding="utf-8")
    found = preview([tmp_path / "uses.csv"])
    parties = "key,kind\nP1,person\nP2,person\n"
    importer({"uses.csv": (tmp_path / "uses.csv").read_bytes(), "parties.csv": parties})
    dates = {o for _, p, o in triples(store) if p == "date"}
    assert {q.object for q in found.quads if q.predicate.endswith("#date")} == dates


@pytest.mark.parametrize(
    ("template_name", "header"),
    [
        ("parties", {"Code client": "key", "Type de client": "kind", "Client ID": None}),
        ("parties", {"Réf.": "key", "Adresse e-mail": "email", "Numéro de téléphone": "phone"}),
        ("purchases", {"Num commande": "order", "N° client": "client", "Réf. article": "product"}),
        ("contracts", {"Numéro de client": "client", "Identifiant": "key"}),
        ("interactions", {"Code client": "party", "N°": None}),
        ("products", {"Code produit": "key", "Désignation": "name"}),
    ],
)
def test_words_for_what_tells_records_apart_are_one(
    template_name: str, header: dict[str, str | None]
) -> None:
    cells = next(source.cells for source in template(template_name).sources if source.access)
    found = recognise(header, [cell.column for cell in cells])
    assert found == {column: name for name, column in header.items() if column}


def test_small_words_in_the_name_of_a_column_are_not_looked_at() -> None:
    columns = ["date", "birth_date", "order", "key"]
    header = ["Date commande", "Né(e) le", "N° de la commande", "le"]
    assert recognise(header, columns) == dict(zip(columns, header[:3], strict=False))
