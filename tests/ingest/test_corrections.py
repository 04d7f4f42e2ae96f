"""Cells corrected without a change of the file, and what is found out about a file."""

from datetime import date

from kg.ingest import ImportOptions, run_import
from kg.ingest.corrections import Correction
from kg.ingest.inspection import inspect
from kg.quality import Assessments, assess
from kg.store import Store

HEAD = "key,kind,given_name,family_name,birth_date\n"
WRONG = HEAD + "ana,person,Ana,Silva,1990-02-31\n\nbo,person,Bo,Li,\n"
RIGHT = HEAD + "ana,person,Ana,Silva,1990-02-28\n\nbo,person,,Li,\n"


def facts(store):
    """Return the facts of the imports of a store, but for what differs from import to import."""
    rows = store.cursor().execute(
        "SELECT p.lex, o.lex, origin FROM live AS q JOIN term AS p ON p.id = q.p"
        " JOIN term AS o ON o.id = q.o WHERE origin IS NOT NULL AND o.kind > 2 ORDER BY ALL"
    )
    return rows.fetchall()


def test_corrected_cells_make_the_facts_of_a_corrected_file(tmp_path):
    path = tmp_path / "parties.csv"
    corrections = (
        Correction("parties.csv", 2, "birth_date", "1990-02-28"),
        Correction("parties.csv", 4, "given_name", ""),
        Correction("other.csv", 4, "given_name", "x"),
        Correction("parties.csv", 4, "no column", "x"),
    )
    with Store.open(None) as one, Store.open(None) as other:
        path.write_text(WRONG, "utf-8")
        refused = run_import(one, [path], ImportOptions(dry_run=True, show_rows=True))
        assert refused.refused
        assert [(row.row, row.cells["birth_date"]) for row in refused.rows] == [(2, "1990-02-31")]
        assert run_import(one, [path], ImportOptions(corrections=corrections)).commit == 1
        assert path.read_text("utf-8") == WRONG
        path.write_text(RIGHT, "utf-8")
        assert run_import(other, [path]).commit == 1
        assert facts(one) == facts(other) != []


def test_rows_are_not_kept_with_the_store(tmp_path):
    path = tmp_path / "parties.csv"
    path.write_text(RIGHT, "utf-8")
    with Store.open(None) as store:
        report = run_import(store, [path], ImportOptions(dry_run=True, show_rows=True))
        assert [row.row for row in report.rows] == [4]
        assert report.as_kept()["rows"] == []
        assert run_import(store, [path], ImportOptions(dry_run=True)).rows == []


def test_a_file_is_told_by_its_content(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_bytes("Numéro client;Prénom;Remarque\nC1;Zoé;x\n".encode("cp1252"))
    (found,) = inspect(path)
    assert (found.encoding, found.delimiter, found.rows) == ("cp1252", ";", 1)
    assert found.template is None
    assert (found.likely, found.known) == (
        "parties",
        {"Numéro client": "key", "Prénom": "given_name"},
    )
    assert found.sample == (("C1", "Zoé", "x"),)


def test_states_are_found_again_but_not_those_of_another_store(tmp_path):
    path = tmp_path / "parties.csv"
    path.write_text(RIGHT, "utf-8")
    day = date(2026, 1, 1)
    with Store.open(None) as store, Store.open(None) as other:
        run_import(store, [path])
        run_import(other, [path])
        kept = Assessments(store, tmp_path / "quality")
        assert kept.find(1, day) is None
        state = assess(store, 1, day)
        kept.keep(state)
        again = Assessments(store, tmp_path / "quality")
        assert again.find(1, day) == state
        assert state.total("warning") == 1
        assert [one.commit for one in again.trend()] == [1]
        assert Assessments(other, tmp_path / "quality").find(1, day) is None
        assert Assessments(other, tmp_path / "quality").trend() == []
