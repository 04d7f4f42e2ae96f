"""Records entered by hand: the words of their forms, the gate, and what they leave alone."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import Importer

from kg.config import Settings
from kg.errors import UsageError
from kg.ingest import (
    ImportOptions,
    ImportReport,
    run_import,
    template,
    template_names,
    undo_import,
)
from kg.ingest.entry import FIRST_SOURCE, enter, key_sources
from kg.ingest.template_fields import form_of_template
from kg.ingest.template_files import cells_of, template_file
from kg.namespaces import CG, PROVENANCE_GRAPH
from kg.shacl import Shapes
from kg.store import Store

PARTIES = "key,kind,given_name,family_name,email\nC1,person,Ada,Roseau,ada@example.org\n"
SETTINGS = Settings(organization="ORG")
QUICK = ("parties", "products", "purchases", "interactions")


def entered(store: Store, of: str, texts: dict[str, str], **options: Any) -> ImportReport:
    given = {"source": "form", "keys_of": "crm", "settings": SETTINGS, **options}
    return enter(store, of, texts, ImportOptions(**given))


def facts(store: Store) -> set[tuple[str, ...]]:
    """Return what is said, wherever it comes from, and whenever it was recorded."""
    rows = store.cursor().execute(
        "SELECT s.lex, p.lex, o.lex FROM live AS q JOIN term AS s ON s.id = q.s"
        " JOIN term AS p ON p.id = q.p JOIN term AS o ON o.id = q.o JOIN term AS g ON g.id = q.g"
        " WHERE g.lex <> ? AND p.lex <> ?",
        [str(PROVENANCE_GRAPH), str(CG.recordedAt)],
    )
    return set(rows.fetchall())


def crm(importer: Importer, text: str = PARTIES, **options: Any) -> ImportReport:
    return importer({"parties.csv": text}, source="crm", settings=SETTINGS, **options)


@pytest.mark.parametrize("name", template_names())
def test_the_form_has_the_columns_of_the_file_with_words_in_each_language(name: str) -> None:
    english, french = (form_of_template(name, language) for language in ("en", "fr"))
    cells = cells_of(template(name))
    for form in (english, french):
        assert [one.column for one in form.fields] == [cell.column for cell in cells]
        assert form.about
        for one, cell in zip(form.fields, cells, strict=True):
            assert (one.required, one.kind, one.refers_to) == (
                *(cell.required, cell.kind, cell.refers_to),
            )
            assert one.label[0].isupper()
            assert all(choice.label for choice in one.choices)
            if cell.one_of:
                assert one.closed
                assert tuple(choice.code for choice in one.choices) == cell.one_of


def test_choices_are_called_as_concepts_and_classes_are() -> None:
    def called(name: str, column: str, language: str) -> dict[str, str]:
        form = form_of_template(name, language)
        (one,) = (one for one in form.fields if one.column == column)
        return {choice.code: choice.label for choice in one.choices}

    assert called("parties", "kind", "fr")["unit"] == "unité d'organisation"
    assert called("requests", "status", "fr")["technically_reviewed"] == "examinée techniquement"
    assert called("designations", "kind", "en")["key_account"] == "key account"
    assert called("parties", "declared_type", "fr") == {"client": "client", "prospect": "prospect"}
    assert called("criteria", "operator", "fr")["in"] == "in"
    assert called("interactions", "channel", "fr")["phone"] == "par téléphone"
    assert called("parties", "key", "fr") == {}


@pytest.mark.parametrize(
    "names", [QUICK, pytest.param(tuple(template_names()), marks=pytest.mark.slow)]
)
def test_a_record_says_the_same_entered_and_in_a_file(
    store: Store, importer: Importer, names: tuple[str, ...]
) -> None:
    examples = {name: list(rows_of(name)) for name in names}
    with Store.open(None) as other:
        for one in (store, other):
            with one.write(activity="test") as tx:
                tx.set_setting("iri_secret", "secret")
        waiting = [(name, row) for name, rows in examples.items() for row in rows]
        while waiting:
            left = [
                (name, row)
                for name, row in waiting
                if entered(other, name, row, shapes=Shapes(())).refused
            ]
            assert len(left) < len(waiting), left
            waiting = left
        files = {f"{name}.csv": written(rows) for name, rows in examples.items()}
        assert importer(files, source="crm", settings=SETTINGS).status == "committed"
        assert facts(store) - facts(other) == set()
        assert facts(other) - facts(store) == set()


def rows_of(name: str) -> Any:
    """Yield the rows of an example that are records alone: of an order only the first one.

    The key of the organisation that the graph is kept for is taken from the start.
    """
    lines = [line for line in template_file(name).splitlines() if not line.startswith(("#", '"#'))]
    seen = set()
    for row in csv.DictReader(io.StringIO("\n".join(lines))):
        key = row["order"] if name == "purchases" else row.get("key")
        if key != "ORG" and (key is None or key not in seen):
            yield row
        seen.add(key)


def written(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def test_an_entry_leaves_all_else_alone_and_is_taken_back_alone(
    store: Store, importer: Importer
) -> None:
    crm(importer)
    before = facts(store)
    first = entered(store, "interactions", {"party": "C1", "date": "2025-01-01"})
    second = entered(store, "parties", {"key": "C2", "kind": "person", "given_name": "Bo"})
    after = facts(store)
    assert before < after
    assert (first.quads_removed, second.quads_removed) == (0, 0)
    assert first.source.startswith("form, 20")
    assert first.source != second.source
    # A newer, even a complete export of the source removes nothing of what was entered.
    crm(importer, complete=True)
    assert facts(store) == after
    undo_import(store, second.id)
    undo_import(store, first.id)
    assert facts(store) == before


def test_a_key_that_is_taken_is_refused_at_its_field(store: Store, importer: Importer) -> None:
    crm(importer)
    before = facts(store)
    for key in ("C1", "ORG"):
        report = entered(store, "parties", {"key": key, "kind": "person", "given_name": "Bo"})
        assert report.refused
        assert [(one.column, one.kind) for one in report.findings if one.column == "key"] == [
            ("key", "cell: taken")
        ]
    assert facts(store) == before
    assert not entered(store, "parties", {"key": "C1", "kind": "person"}, keys_of="erp").refused


WRONG = {
    "kind": st.sampled_from(("person", "unit", "legal", "somebody", "")),
    "email": st.sampled_from(("", "nobody", "a@example.org")),
    "birth_date": st.sampled_from(("", "2999-01-01", "soon", "1990-02-01")),
    "declared_type": st.sampled_from(("", "friend", "client")),
    "parent": st.sampled_from(("", "GONE", "C1")),
}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({}, optional=WRONG))
def test_beside_a_taken_key_all_else_that_is_wrong_is_told(texts: dict[str, str]) -> None:
    with Store.open(None) as store, TemporaryDirectory() as folder:
        path = Path(folder) / "parties.csv"
        path.write_text(PARTIES, "utf-8")
        run_import(store, [path], ImportOptions(source="crm", settings=SETTINGS))
        head = store.head
        taken, free = (
            entered(store, "parties", {"kind": "person", **texts, "key": key}, dry_run=dry_run)
            for key, dry_run in (("C1", False), ("C9", True))
        )
        assert (taken.status, store.head) == ("refused", head)
    told = [(one.column, one.kind, one.message) for one in taken.findings]
    assert told[0][:2] == ("key", "cell: taken")
    assert told[1:] == [(one.column, one.kind, one.message) for one in free.findings]
    assert taken.violations == free.violations + 1


def test_references_are_keys_of_the_source_that_was_chosen(
    store: Store, importer: Importer
) -> None:
    crm(importer)
    texts = {"party": "C1", "date": "2025-01-01"}
    report = entered(store, "interactions", texts, keys_of="erp")
    assert [one.kind for one in report.findings] == ["cell: reference"]
    assert not entered(store, "interactions", texts).refused
    assert key_sources(store) == ["crm"]


def test_what_is_required_and_empty_is_told_at_its_field(store: Store) -> None:
    assert key_sources(store) == [FIRST_SOURCE]
    report = entered(store, "interactions", {"party": " ", "channel": "phone"})
    assert {(one.column, one.kind) for one in report.findings} == {
        ("party", "cell: required"),
        ("date", "cell: required"),
    }
    assert store.head == 0


@pytest.mark.parametrize("name", ['a;b,"c"', "#1", "'", "=1+1", "deux\nlignes", "é—😀"])
def test_any_text_is_kept_as_it_was_written(store: Store, name: str) -> None:
    report = entered(store, "products", {"key": "#A;1", "name": name})
    assert report.findings == []
    assert {o for _, p, o in facts(store) if p.endswith(("#label", "/name"))} == {name}


def test_what_is_checked_is_not_written(store: Store) -> None:
    report = entered(store, "products", {"key": "A", "name": "Tea"}, dry_run=True)
    assert (report.status, store.head) == ("dry-run", 0)


def test_keys_of_another_source_do_not_wait_in_quarantine(store: Store) -> None:
    with pytest.raises(UsageError, match="quarantine"):
        entered(store, "products", {"key": "A", "name": "Tea"}, on_violation="quarantine")
