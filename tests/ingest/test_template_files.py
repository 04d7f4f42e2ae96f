"""The CSV files of templates say what the import checks, and import as they are."""

from __future__ import annotations

import csv
import io

import pytest
from imported import Importer

from kg.config import Settings
from kg.errors import UsageError
from kg.french import LANGUAGES
from kg.ingest import template, template_names
from kg.ingest.headers import recognise
from kg.ingest.template_files import template_file
from kg.shacl import project_shapes
from kg.store import Store


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_template_files_import_as_they_are(
    store: Store, importer: Importer, language: str
) -> None:
    files = {f"{name}.csv": template_file(name, language) for name in template_names()}
    # Their rows are the same in each language (see below): the rules judge them once.
    settings = Settings(organization="ORG")
    shapes = {"shapes": project_shapes()} if language == "en" else {}
    report = importer(files, settings=settings, **shapes)
    assert report.findings == []
    assert report.status == "committed"
    assert {file.name for file in report.files} == set(files)
    for file in report.files:
        assert (file.unused, file.columns_left_out) == (0, [])
        assert file.mapped == file.rows >= 1
        assert any("rows above" in notice for notice in file.notices)


@pytest.mark.parametrize("name", template_names())
def test_the_rows_of_a_template_are_the_same_in_each_language(name: str) -> None:
    texts = [csv.reader(io.StringIO(template_file(name, language))) for language in LANGUAGES]
    rows = [[row for row in text if not row[0].startswith("#")][1:] for text in texts]
    assert rows[0]
    assert rows == [rows[0]] * len(LANGUAGES)


@pytest.mark.parametrize("name", template_names())
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_is_in_the_header_and_explained(name: str, language: str) -> None:
    rows = list(csv.reader(io.StringIO(template_file(name, language))))
    cells = next(source.cells for source in template(name).sources if source.access)
    comments = [row for row in rows if row[0].startswith("#")]
    header = rows[len(comments)]
    assert recognise(header, [cell.column for cell in cells]) == dict(
        zip((cell.column for cell in cells), header, strict=True)
    )
    assert [row[0].split(" (")[0].removeprefix("# ") for row in comments[1:]] == header
    for cell, (comment,) in zip(cells, comments[1:], strict=True):
        words = {"en": ("required", "optional"), "fr": ("obligatoire", "facultatif")}[language]
        needed = cell.required or cell.required_when is not None
        ending = ")" if cell.required_when is None and cell.only_when is None else ""
        assert f" ({words[0] if needed else words[1]}{ending}" in comment
        assert all(value in comment for value in cell.one_of)


def test_words_come_from_the_vocabulary_in_the_language_asked_for() -> None:
    assert "# date (required): Day, month or year in which the event took place" in (
        template_file("uses", "en").replace('"', "")
    )
    assert "Jour, mois ou année où l'événement a eu lieu" in template_file("uses", "fr")


def test_words_tell_what_is_written_and_not_what_becomes_of_it() -> None:
    for language in LANGUAGES:
        assert "IRI" not in template_file("parties", language)


def test_unknown_names_and_languages_are_refused() -> None:
    with pytest.raises(UsageError, match="parties"):
        template_file("people")
    with pytest.raises(UsageError, match="en or fr"):
        template_file("parties", "de")


PARENTS = {
    "en": ("required when kind is unit, only when kind is unit or legal", "when kind = unit"),
    "fr": (
        "obligatoire quand type vaut unit, seulement quand type vaut unit ou legal",
        "quand kind = unit",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_column_that_only_some_rows_need_says_which(importer: Importer, language: str) -> None:
    told, found = PARENTS[language]
    assert f"({told})" in template_file("parties", language)
    text = "key,kind,parent\nF,legal,\nP,person,\nU,unit,\nV,unit,F\nQ,person,F\n"
    report = importer({"parties.csv": text})
    wrong = [(one.row, one.column, one.kind) for one in report.findings]
    assert wrong == [(4, "parent", "cell: required when"), (6, "parent", "cell: only when")]
    assert found in report.findings[0].message[language]
