"""Records changed in a form: read back as a file would have them, and changed by the difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_entry import SETTINGS, entered, facts, rows_of, written

from kg.errors import UsageError
from kg.ingest import ImportOptions, ImportReport, run_import, template_names
from kg.ingest.changing import Record, change, read_record, record_iri
from kg.ingest.record_templates import can_be_changed, key_columns, template_of
from kg.minting import joined_key
from kg.namespaces import CG, ORG
from kg.shacl import Shapes
from kg.sparql.update import update
from kg.store import Store

CHANGED = [name for name in template_names() if can_be_changed(name)]
OTHERS = {"criteria", "merges", "purchases"}
"""Templates of which one record is several rows, or says something of things with other names."""
PARTIES = (
    "key,kind,name,given_name,family_name,email,phone,street,city,country,birth_date,parent,"
    "declared_type,annual_potential,acquisition_source\n"
    "C1,person,Ada Roseau,Ada,Roseau,ada@example.org,+33199005678,1 rue du Port,Clairanse,France,"
    "1980-05-17,,client,12.50,search\n"
    "C2,legal,Bo SA,,,,,,,,,,,,\nU1,unit,Atelier,,,,,,,,,ORG,,,\n"
)


def read(store: Store, key: str = "C1", of: str = "parties", source: str = "crm") -> Record:
    return read_record(store, of, record_iri(store, of, key, source, "ORG"), "ORG")


def changed(store: Store, record: Record, of: str = "parties", **texts: str) -> ImportReport:
    options = ImportOptions(settings=SETTINGS, shapes=Shapes(()))
    return change(store, of, record, {**record.texts, **texts}, options)


def filled(store: Store, files: dict[str, str], **options: Any) -> ImportReport:
    with TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, "utf-8")
        given = {"source": "crm", "settings": SETTINGS, "shapes": Shapes(()), **options}
        return run_import(store, [Path(folder)], ImportOptions(**given))


@pytest.fixture
def crm() -> Iterator[Store]:
    with Store.open(None) as store:
        filled(store, {"parties.csv": PARTIES})
        yield store


def test_records_that_one_row_names_can_be_changed() -> None:
    assert set(CHANGED) == set(template_names()) - OTHERS


def test_the_template_of_a_class_is_told_where_its_records_can_be_changed() -> None:
    told = {
        name: template_of(str(CG[name]))
        for name in ("SupplyRelation", "NaturalPerson", "Interaction", "Purchase", "Party")
    }
    assert told == {
        "SupplyRelation": "supplies",
        "NaturalPerson": "parties",
        "Interaction": "interactions",
        "Purchase": None,
        "Party": None,
    }
    assert template_of(str(ORG.Membership)) == "memberships"


def test_the_end_of_a_membership_is_said_and_what_names_it_stays(crm: Store) -> None:
    rows = "member,organization,role,start,end\nC1,C2,Chef de projet,2024-02,\nC1,C2,,,\n"
    filled(crm, {"memberships.csv": rows})
    before = facts(crm)
    # Its role is read by its code, of which its address was not made.
    titled = joined_key(["C1", "C2", "Chef de projet", "2024-02"])
    with pytest.raises(UsageError, match="one row"):
        read(crm, titled, "memberships")
    record = read(crm, joined_key(["C1", "C2", "", ""]), "memberships")
    assert record.key == "C1, C2"
    with pytest.raises(UsageError, match="keeps its key"):
        changed(crm, record, "memberships", start="2024-01-01")
    assert changed(crm, record, "memberships", end="2025-03-31").status == "committed"
    gone, new = before - facts(crm), facts(crm) - before
    assert not gone
    assert {(p, o) for _, p, o in new} == {(str(CG.endDate), "2025-03-31")}


def test_what_is_read_says_the_same_again(store: Store) -> None:
    files = {f"{name}.csv": written(list(rows_of(name))) for name in template_names()}
    report = filled(store, files)
    assert report.status == "committed", report.findings
    head, before = store.head, facts(store)
    for name in CHANGED:
        for row in rows_of(name):
            key = joined_key([row.get(one, "") for one in key_columns(name)])
            if name == "personas":
                # The study of a persona has a key of its own, of which its IRI does not tell.
                with pytest.raises(UsageError, match="one row"):
                    read(store, key, name)
                continue
            record = read(store, key, name)
            # The time of recording is kept, and a country is read by its code.
            kept = {k: v for k, v in row.items() if v and k not in ("recorded_at", "country")}
            assert {k: record.texts.get(k) for k in kept} == kept
            assert changed(store, record, name).status == "unchanged"
    assert (store.head, facts(store)) == (head, before)


NEW = {
    "name": st.sampled_from(("Ada Roseau", "Ada Lierre", "")),
    "email": st.sampled_from(("", "ada@example.net")),
    "phone": st.sampled_from(("", "+33199005679")),
    "street": st.sampled_from(("", "2 rue du Port")),
    "city": st.just(""),
    "country": st.sampled_from(("", "Belgique")),
    "birth_date": st.sampled_from(("", "1981-05-17")),
    "kind": st.sampled_from(("legal", "household")),
    "declared_type": st.sampled_from(("", "prospect")),
    "annual_potential": st.sampled_from(("", "13")),
    "acquisition_source": st.sampled_from(("", "other")),
}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({}, optional=NEW))
def test_a_change_leaves_what_a_newer_file_would(texts: dict[str, str]) -> None:
    with Store.open(None) as ours, Store.open(None) as theirs:
        for one in (ours, theirs):
            with one.write(activity="test") as tx:
                tx.set_setting("iri_secret", "secret")
            filled(one, {"parties.csv": PARTIES})
        record = read(ours)
        report = changed(ours, record, **texts)
        header, first, *others = PARTIES.splitlines()
        row = dict(zip(header.split(","), first.split(","), strict=True)) | texts
        newer = [header, ",".join(row[one] for one in header.split(",")), *others]
        theirs_report = filled(theirs, {"parties.csv": "\n".join(newer) + "\n"})
        assert report.status == theirs_report.status
        assert facts(ours) == facts(theirs)
        told = {name: text for name, text in read(ours).texts.items() if name != "country"}
        assert told == {name: text for name, text in row.items() if text and name != "country"}


def test_what_was_entered_in_a_form_can_be_changed(crm: Store) -> None:
    before = facts(crm)
    texts = {"key": "C9", "kind": "person", "given_name": "Bo", "family_name": "Jonc"}
    source = entered(crm, "parties", texts).source
    record = read(crm, "C9")
    assert (record.source, record.keys_of) == (source, "crm")
    report = changed(crm, record, given_name="Léo")
    assert (report.status, report.source) == ("committed", source)
    assert "Léo" in {o for *_, o in facts(crm) - before}
    assert "Bo" not in {o for *_, o in facts(crm) - before}


def test_a_record_of_several_sources_or_of_an_update_is_left_alone(crm: Store) -> None:
    iri = record_iri(crm, "parties", "C1", "crm", "ORG")
    name = "http://xmlns.com/foaf/0.1/familyName"
    update(crm, f'INSERT DATA {{ <{iri}> <{name}> "Jonc" }}')
    with pytest.raises(UsageError):
        read(crm)
    assert read(crm, "C2").texts["name"] == "Bo SA"


def test_a_record_tells_its_states_apart_and_keeps_its_key(crm: Store) -> None:
    first = read(crm)
    assert read(crm) == first
    changed(crm, first, email="a@example.org")
    assert read(crm).state != first.state
    with pytest.raises(UsageError, match="keeps its key"):
        changed(crm, read(crm), key="C7")


@pytest.mark.parametrize("iri", ["urn:nobody", "not an iri"])
def test_what_no_source_names_is_not_found(crm: Store, iri: str) -> None:
    with pytest.raises(UsageError, match="No record"):
        read_record(crm, "parties", iri, "ORG")
