"""Mapping documents at work: a document and a table, then the quads and the account of rows."""

from __future__ import annotations

import textwrap

import pytest
from imported import Importer, triples

from kg.errors import MappingError, UsageError
from kg.ingest import ImportReport
from kg.store import Store

EX = "http://example.org/"
HEAD = "prefixes: {ex: 'http://example.org/'}\nsources:\n  rows: [a.csv~csv]\n"


def document(text: str, head: str = HEAD) -> str:
    return head + "mappings:\n  thing:\n" + textwrap.indent(textwrap.dedent(text), "    ")


def pairs(store: Store) -> set[tuple[str, str, str]]:
    return {(s.removeprefix(EX), p.removeprefix(EX), o) for s, p, o in triples(store)}


def test_terms_of_every_kind(store: Store, importer: Importer) -> None:
    importer(
        {"a.csv": "id,name,link,lang\n1,Ada,http://example.org/x?y,é\n"},
        document(
            """
            sources: rows
            s: ex:thing/$(id)
            po:
              - [a, ex:Thing]
              - [ex:name, $(name), en~lang]
              - [ex:size, "1.50", xsd:decimal]
              - [ex:link, $(link)~iri]
              - [ex:made, "ex:made/$(link)~iri"]
              - [ex:text, "$(name) is \\\\$(this)"]
            """
        ),
    )
    subject = "thing/1"
    assert pairs(store) == {
        (subject, "type", EX + "Thing"),
        (subject, "name", "Ada"),
        (subject, "size", "1.50"),
        (subject, "link", "http://example.org/x?y"),
        (subject, "made", EX + "made/http%3A%2F%2Fexample.org%2Fx%3Fy"),
        (subject, "text", "Ada is $(this)"),
    }
    languages = store.cursor().execute("SELECT lang, dt FROM term WHERE lex = 'Ada'").fetchall()
    assert languages == [("en", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString")]


def test_templates_of_iris_keep_letters_and_encode_the_rest(
    store: Store, importer: Importer
) -> None:
    importer(
        {"a.csv": 'id\n"é b/ü%"\n'}, document("{sources: rows, s: 'ex:$(id)', po: [[a, ex:T]]}")
    )
    assert {s for s, _, _ in pairs(store)} == {"é%20b%2Fü%25"}


def test_missing_values_give_no_quads(store: Store, importer: Importer) -> None:
    report = importer(
        {"a.csv": "id,x\n1,\n,2\n"},
        document("{sources: rows, s: 'ex:$(id)', po: [[ex:p, $(x)], [ex:q, 'a$(x)']]}"),
    )
    assert pairs(store) == set()
    assert (report.files[0].mapped, report.files[0].unused) == (1, 1)


def test_conditions_of_mappings_and_entries(store: Store, importer: Importer) -> None:
    report = importer(
        {"a.csv": "id,kind\n1,a\n2,b\n3,c\n"},
        document(
            """
            sources: rows
            s: ex:$(id)
            condition: "notEqual($(kind), c)"
            po:
              - {p: ex:p, o: is a, condition: "equal($(kind), a)"}
              - [ex:q, $(kind)]
            """
        ),
    )
    assert pairs(store) == {("1", "p", "is a"), ("1", "q", "a"), ("2", "q", "b")}
    assert report.files[0].unused == 1


def test_graphs_of_mappings_and_entries(store: Store, importer: Importer) -> None:
    report = importer(
        {"a.csv": "id,g\n1,x\n"},
        document(
            """
            sources: rows
            s: ex:$(id)
            graphs: ex:all
            po:
              - [ex:p, "1"]
              - {p: ex:q, o: "2", graphs: personal}
              - {p: ex:r, o: "3", graphs: ["ex:g/$(g)", ex:fixed]}
              - {p: "ex:$(g)", o: "4"}
            """
        ),
    )
    assert {p for _, p, _ in triples(store, EX + "all")} == {EX + "p", EX + "x"}
    assert {p for _, p, _ in triples(store, report.personal_graph)} == {EX + "q"}
    assert {p for _, p, _ in triples(store, EX + "g/x")} == {EX + "r"}
    assert {p for _, p, _ in triples(store, EX + "fixed")} == {EX + "r"}


DERIVED = """
prefixes: {ex: 'http://example.org/'}
sources:
  rows:
    access: a.csv
    referenceFormulation: csv
    columns:
      n: {ordinal: [who]}
      sum: {running: {total: $(x), by: [who], order: [day]}}
      late: when(startsWith($(day), 2), late, early)
    set aside:
      - when: isNull($(who))
        because: {en: nobody, fr: personne}
  whos:
    from: rows
    group by: [who]
    columns:
      total: {sum: $(x)}
      first: {first: $(day)}
      last: {last: $(day)}
      top: {max: $(day)}
      low: {min: $(day)}
  seconds:
    from: rows
    where: equal($(n), 2)
    match:
      source: whos
      same: [who]
      columns: {of all: total}
  before:
    from: rows
    match:
      source: seconds
      same: {who: who}
      latest: day
      columns: {prior: x}
mappings:
"""


def derived(text: str, importer: Importer, table: str) -> ImportReport:
    return importer({"a.csv": table}, DERIVED + textwrap.indent(textwrap.dedent(text), "  "))


TABLE = "who,day,x\na,10,1.10\nb,11,2\na,05,0.20\n,12,9\na,20,3\n"


def test_computed_columns_count_and_add_up(store: Store, importer: Importer) -> None:
    report = derived(
        "{m: {sources: rows, s: 'ex:$(who)$(n)', po: [[ex:sum, $(sum)], [ex:late, $(late)]]}}",
        importer,
        TABLE,
    )
    assert pairs(store) == {
        ("a1", "sum", "1.3"), ("a1", "late", "early"),
        ("a2", "sum", "0.2"), ("a2", "late", "early"),
        ("a3", "sum", "4.3"), ("a3", "late", "late"),
        ("b1", "sum", "2"), ("b1", "late", "early"),
    }  # fmt: skip
    file = report.files[0]
    assert [(item.reason, item.rows) for item in file.set_aside] == [
        ({"en": "nobody", "fr": "personne"}, 1)
    ]
    assert (file.mapped, file.unused) == (4, 0)


def test_groups_have_one_row_for_each_combination(store: Store, importer: Importer) -> None:
    po = ", ".join(f"[ex:{name}, $({name})]" for name in ("total", "first", "last", "top", "low"))
    report = derived(f"{{m: {{sources: whos, s: 'ex:$(who)', po: [{po}]}}}}", importer, TABLE)
    assert {t for t in pairs(store) if t[0] == "a"} == {
        ("a", "total", "4.3"), ("a", "first", "10"), ("a", "last", "20"),
        ("a", "top", "20"), ("a", "low", "05"),
    }  # fmt: skip
    assert report.files[0].mapped == 4


def test_match_brings_in_columns_of_another_source(store: Store, importer: Importer) -> None:
    derived(
        "{m: {sources: seconds, s: 'ex:$(who)', po: [[ex:all, $(of all)], [ex:x, $(x)]]}}",
        importer,
        TABLE,
    )
    assert pairs(store) == {("a", "all", "4.3"), ("a", "x", "0.20")}


def test_latest_match_is_not_later_than_the_row(store: Store, importer: Importer) -> None:
    derived(
        "{m: {sources: before, s: 'ex:$(who)$(day)', po: [[ex:prior, $(prior)]]}}", importer, TABLE
    )
    assert pairs(store) == {
        ("a05", "prior", "0.20"), ("a10", "prior", "0.20"), ("a20", "prior", "0.20"),
    }  # fmt: skip


def test_value_that_a_function_cannot_read_is_a_violation(store: Store, importer: Importer) -> None:
    report = importer(
        {"a.csv": "id,d\n1,31/12/2024\n2,30/02/2024\n3,\n"},
        document(
            """
            sources: rows
            s: ex:$(id)
            po:
              - [ex:p, {f: 'parseDate($(d), "%d/%m/%Y")', datatype: xsd:date}]
            """
        ),
    )
    (finding,) = report.findings
    assert (finding.file, finding.row, finding.column, finding.value) == (
        "a.csv", 3, "d", "30/02/2024",
    )  # fmt: skip
    assert "parseDate" in finding.message["en"]
    assert store.head == 0


@pytest.mark.parametrize(
    ("entry", "column", "text"),
    [
        ("[ex:p, $(x), xsd:decimal]", "x", "xsd:decimal"),
        ("[ex:p, $(x)~iri]", "x", "absolute IRI"),
    ],
)
def test_text_that_is_no_such_term_is_a_violation(
    importer: Importer, entry: str, column: str, text: str
) -> None:
    report = importer(
        {"a.csv": "id,x\n1,not one\n"},
        document(f"{{sources: rows, s: 'ex:$(id)', po: [{entry}]}}"),
    )
    assert [(f.row, f.column) for f in report.findings] == [(2, column)]
    assert text in report.findings[0].message["en"]


def test_columns_that_no_mapping_names_are_reported(importer: Importer) -> None:
    report = importer(
        {"a.csv": "id,x,y\n1,2,3\n"}, document("{sources: rows, s: 'ex:$(id)', po: [[a, ex:T]]}")
    )
    assert report.files[0].columns_left_out == ["x", "y"]


def test_column_that_is_not_there_is_refused(importer: Importer) -> None:
    with pytest.raises(MappingError, match=r"no column 'nope'; there are id"):
        importer(
            {"a.csv": "id\n1\n"},
            document("{sources: rows, s: 'ex:$(id)', po: [[ex:p, $(nope)]]}"),
        )


def test_files_and_sources_must_fit(importer: Importer) -> None:
    text = document("{sources: rows, s: 'ex:$(id)', po: [[a, ex:T]]}")
    with pytest.raises(MappingError, match="no table was given"):
        importer({"a.ttl": ""}, text)
    with pytest.raises(UsageError, match="no source for b"):
        importer({"a.csv": "id\n1\n", "b.csv": "id\n1\n"}, text)
    assert importer({"other.csv": "id\n1\n"}, text).status == "committed"
