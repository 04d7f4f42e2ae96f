"""Imports through templates: what arrives, what is refused, and that it is all or nothing."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import Importer, triples, values

from kg.config import Settings
from kg.errors import MappingError, RdfSyntaxError, SourceError, UsageError
from kg.ingest import ImportOptions, ImportReport, list_imports, run_import
from kg.minting import mint
from kg.namespaces import CG
from kg.shacl import project_shapes
from kg.store import Store
from tests.drawing import examples

PARTIES = "key,kind,name\nP1,person,Ada\nP2,person,Bo\nL1,legal,Firm\n"
PURCHASES = "order,client,date,amount,currency\nO1,P1,2024-05-01,10.50,EUR\nO1,P1,,2,EUR\n"


def iri(store: Store, kind: str, key: str, source: str = "default") -> str:
    secret = store.setting("iri_secret")
    assert secret is not None
    return mint(secret, kind, source, key).removeprefix("https://w3id.org/clientgraph/")


def violations(report: ImportReport) -> list[tuple[str | None, int | None, str | None]]:
    return [(f.file, f.row, f.column) for f in report.findings if f.severity == "violation"]


def test_parties_arrive_with_personal_data_apart(store: Store, importer: Importer) -> None:
    report = importer(
        {
            "parties.csv": "key,kind,name,given_name,family_name,email,phone,city,birth_date,"
            "declared_type,annual_potential,acquisition_source\n"
            "P1,person,,Ada,Byron,a@example.org,+44 20 1,London,1815-12-10,client,01.50,search\n"
            "L1,legal,Firm,,,,,,,,,\n"
        }
    )
    party, legal = iri(store, "party", "P1"), iri(store, "party", "L1")
    address = iri(store, "address", "P1")
    assert triples(store, report.facts_graph) == {
        (party, "type", "NaturalPerson"),
        (party, "sourceKey", "P1"),
        (party, "declaredType", "client"),
        (party, "annualPotential", "01.50"),
        (party, "acquisitionSource", "scheme/acquisition-source/search"),
        (legal, "type", "LegalEntity"),
        (legal, "sourceKey", "L1"),
        (legal, "name", "Firm"),
    }
    assert triples(store, report.personal_graph) == {
        (party, "givenName", "Ada"),
        (party, "familyName", "Byron"),
        (party, "hasEmail", "mailto:a@example.org"),
        (party, "hasTelephone", "tel:+44201"),
        (party, "birthDate", "1815-12-10"),
        (party, "hasAddress", address),
        (address, "type", "Address"),
        (address, "locality", "London"),
    }


def test_rows_of_one_order_are_lines_of_one_purchase(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES, "purchases.csv": PURCHASES})
    purchase = iri(store, "purchase", "O1")
    found = {(p, o) for s, p, o in triples(store) if s == purchase}
    lines = {iri(store, "line", f"O1\x1f{n}") for n in (1, 2)}
    assert {o for p, o in found if p == "hasLine"} == lines
    assert ("orderDate", "2024-05-01") in found
    assert ("client", iri(store, "party", "P1")) in found
    assert ("seller", iri(store, "party", "ORG", source="")) in found
    assert values(store, "netAmount") == ["10.50", "2"]
    assert len([p for p, _ in found if p == "recordedAt"]) == 1


def test_every_template_arrives(store: Store, importer: Importer) -> None:
    report = importer(
        {
            "parties.csv": PARTIES + "U1,unit,Desk\n",
            "products.csv": "key,name,brand,category\nA,Tea,Leaf,drink\n",
            "purchases.csv": "order,client,date,product,quantity,amount,currency,point_of_sale\n"
            "O1,P1,2024-05,A,2,10,EUR,Paris\n",
            "refunds.csv": "key,order,date,amount\nR1,O1,2024-06-01,3\n",
            "recommendations.csv": "key,recommender,referred,addressee,date\n"
            "X1,P1,P2,,2024\nX2,P1,,P2,2024-01-02\n",
            "memberships.csv": "member,organization,role,start\nP1,L1,Chef d'équipe,2024-01-01\n",
            "supplies.csv": "supplier,client,service,start,share,critical\n"
            "U1,P1,Help,2024-01-01,0.5,true\n",
        }
    )
    assert [file.unused for file in report.files] == [0] * 7
    found = triples(store)
    assert {o for _, p, o in found if p == "type"} >= {
        "ProductOrService", "Brand", "Purchase", "PurchaseLine", "PointOfSale", "Refund",
        "Referral", "Recommendation", "SupplyRelation", "Membership",
    }  # fmt: skip
    assert {
        ("refunds", iri(store, "purchase", "O1")),
        ("role", "scheme/membership/chef-d-equipe"),
    } <= {(p, o) for _, p, o in found}
    assert {"2024-05", "2024", "2024-01-02"} <= {o for _, _, o in found}
    assert values(store, "dependencyShare") == ["0.5"]


def test_dates_have_the_datatype_of_their_length(store: Store, importer: Importer) -> None:
    importer(
        {
            "parties.csv": PARTIES,
            "recommendations.csv": "key,recommender,date\nA,P1,2024\nB,P1,2024-05\n"
            "C,P1,2024-05-06\n",
        }
    )
    rows = store.cursor().execute(
        "SELECT DISTINCT o.lex, split_part(o.dt, '#', 2) FROM live JOIN term AS o ON o.id = live.o"
        " WHERE o.lex LIKE '2024%' AND o.dt NOT LIKE '%dateTime'"
    )
    assert set(rows.fetchall()) == {
        ("2024", "gYear"), ("2024-05", "gYearMonth"), ("2024-05-06", "date"),
    }  # fmt: skip


def test_french_headers_are_synonyms(store: Store, importer: Importer) -> None:
    report = importer(
        {
            "parties.csv": "Clé;TYPE;Prénom;Nom de famille;Courriel;Téléphone;Extra\n"
            "P1;person;Léa;Dupont;l@example.org;+33 1;x\nP2;person;;;;;\n",
            "purchases.csv": "commande,client,date,montant,devise\nO1,P1,2024-05-01,10,EUR\n",
            "recommendations.csv": "clé,prescripteur,recommandé,date\nX,P1,P2,2024-05-01\n",
        }
    )
    assert report.status == "committed"
    assert report.files[0].columns_left_out == ["Extra"]
    assert values(store, "givenName") == ["Léa"]
    assert values(store, "recommender") == [iri(store, "party", "P1")]


WRONG_CELLS = [
    ({"parties.csv": "key,kind\n,person\n"}, ("parties.csv", 2, "key")),
    ({"parties.csv": "key,kind\nP1,robot\n"}, ("parties.csv", 2, "kind")),
    ({"parties.csv": "key,kind,birth_date\nP,person,1990-02\n"}, ("parties.csv", 2, "birth_date")),
    ({"parties.csv": "key,kind,closed_on\nP,person,2023-02-29\n"}, ("parties.csv", 2, "closed_on")),
    ({"parties.csv": "key,kind,closed_on\nP,person,12/03/24\n"}, ("parties.csv", 2, "closed_on")),
    ({"parties.csv": "key,kind,closed_on\nP,person,2024-13\n"}, ("parties.csv", 2, "closed_on")),
    ({"parties.csv": "key,kind,closed_on\nP,person,0000\n"}, ("parties.csv", 2, "closed_on")),
    (
        {"parties.csv": 'key,kind,annual_potential\nP,person,"1,5"\n'},
        ("parties.csv", 2, "annual_potential"),
    ),
    ({"parties.csv": "key,kind,parent\nP1,person,P1\n"}, ("parties.csv", 2, "parent")),
    ({"parties.csv": "key,kind,parent\nU1,unit,U9\n"}, ("parties.csv", 2, "parent")),
    (
        {"purchases.csv": "order,client,amount,currency\nO,P9,1,EUR\n"},
        ("purchases.csv", 2, "client"),
    ),
    (
        {"parties.csv": PARTIES, "purchases.csv": PURCHASES + "O1,P1,2024-05-02,1,EUR\n"},
        ("purchases.csv", 4, "date"),
    ),
    (
        {"parties.csv": PARTIES, "purchases.csv": "order,client,amount,currency\nO,P1,1,eur\n"},
        ("purchases.csv", 2, "currency"),
    ),
    (
        {
            "parties.csv": PARTIES,
            "recommendations.csv": "key,date,recorded_at\nX,2024,2024-01-01 10:00\n",
        },
        ("recommendations.csv", 2, "recorded_at"),
    ),
    (
        {"parties.csv": PARTIES, "supplies.csv": "supplier,client,service,critical\nL1,P1,s,yes\n"},
        ("supplies.csv", 2, "critical"),
    ),
]


@pytest.mark.parametrize(
    ("files", "place"), WRONG_CELLS, ids=[str(case[1]) for case in WRONG_CELLS]
)
def test_wrong_cell_is_named(
    store: Store, importer: Importer, files: dict[str, str], place: tuple[str, int, str]
) -> None:
    report = importer(files)
    assert report.status == "refused"
    assert violations(report) == [place]
    assert set(report.findings[0].message) == {"en", "fr"}
    assert store.head == 0


def test_reference_to_the_store_is_known_for_the_same_source(
    store: Store, importer: Importer
) -> None:
    importer({"parties.csv": PARTIES}, source="shop")
    assert importer({"purchases.csv": PURCHASES}, source="other").status == "refused"
    assert importer({"purchases.csv": PURCHASES}, source="shop").status == "committed"


def test_focal_organisation_is_known_and_declared(store: Store, importer: Importer) -> None:
    settings_ = Settings(organization="Us")
    files = {
        "parties.csv": PARTIES,
        "purchases.csv": PURCHASES.replace("amount,", "amount,seller,"),
    }
    files["purchases.csv"] = (
        files["purchases.csv"].replace("10.50,", "10.50,Us,").replace(",2,EUR", ",2,,EUR")
    )
    assert importer(files, settings=settings_).status == "committed"
    focal = iri(store, "party", "Us", source="")
    assert (focal, "type", "LegalEntity") in triples(store)
    assert values(store, "seller") == [focal]


def test_focal_organisation_of_the_parties_is_not_declared_twice(
    store: Store, importer: Importer
) -> None:
    importer({"parties.csv": PARTIES + "ORG,legal,We\n", "purchases.csv": PURCHASES}, source="shop")
    focal = iri(store, "party", "ORG", source="")
    assert {(p, o) for s, p, o in triples(store) if s == focal} == {
        ("type", "LegalEntity"), ("sourceKey", "ORG"), ("name", "We"),
    }  # fmt: skip


def test_refused_import_leaves_graph_unchanged(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES})
    before = triples(store)
    bad = PURCHASES + "O2,P1,2024-05-01,-3,EUR\n"
    report = importer(
        {"purchases.csv": bad, "products.csv": "key,name\nA,Tea\n"}, shapes=project_shapes()
    )
    assert report.status == "refused"
    assert violations(report) == [("purchases.csv", 4, "amount")]
    assert report.findings[0].shape == "T05-amount"
    assert (triples(store), store.head, len(list_imports(store))) == (before, 1, 1)


def test_dry_run_gives_the_same_report_and_keeps_nothing(store: Store, importer: Importer) -> None:
    files = {"parties.csv": PARTIES, "purchases.csv": PURCHASES}
    dry = importer(files, dry_run=True)
    assert (dry.status, dry.commit, store.head, triples(store)) == ("dry-run", None, 0, set())
    real = importer(files)
    assert real.quads_written == dry.quads_written
    assert [file.rows for file in real.files] == [file.rows for file in dry.files]


def test_import_twice_adds_only_its_own_graphs(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES})
    before = triples(store)
    importer({"parties.csv": PARTIES})
    assert triples(store) == before


def test_committed_imports_are_listed_without_values(store: Store, importer: Importer) -> None:
    report = importer(
        {"parties.csv": "key,kind,phone\nP1,person,0612\n"}, shapes=project_shapes(), agent="Zoé"
    )
    (run,) = list_imports(store)
    assert (run.id, run.commit, run.agent, run.source) == (report.id, 1, "Zoé", "default")
    findings = run.report["findings"]
    assert isinstance(findings, list)
    assert [(f["shape"], f["value"]) for f in findings if f["shape"] == "P08"] == [("P08", None)]
    assert "0612" in {f.value.removeprefix("tel:") for f in report.findings if f.value}


def test_provenance_of_both_graphs_is_kept(store: Store, importer: Importer) -> None:
    report = importer({"parties.csv": PARTIES}, agent="me")
    found = triples(store, "https://w3id.org/clientgraph/graph/provenance")
    for graph in (report.facts_graph, report.personal_graph):
        short = graph.removeprefix("https://w3id.org/clientgraph/")
        about = {p: o for s, p, o in found if s == short}
        assert about["generatedAtTime"] == report.at
        assert {"wasDerivedFrom", "wasAttributedTo"} <= set(about)


def test_personal_graph_is_described_only_when_used(store: Store, importer: Importer) -> None:
    importer({"products.csv": "key,name\nA,Tea\n"})
    found = triples(store, "https://w3id.org/clientgraph/graph/provenance")
    assert not [s for s, _, _ in found if "personal" in s]


def test_empty_rows_are_set_aside_and_counted(importer: Importer) -> None:
    report = importer({"products.csv": "key,name\nA,Tea\n,\n,\n"})
    file = report.files[0]
    assert (file.rows, file.mapped, file.unused) == (3, 1, 0)
    assert [(item.reason["en"], item.rows) for item in file.set_aside] == [("the row is empty", 2)]


def test_many_wrong_cells_are_all_counted(importer: Importer) -> None:
    report = importer({"products.csv": "key,name\n" + "A,\n" * 300})
    assert report.violations == 300
    assert len(report.findings) == 100
    assert report.truncated


def test_graph_option_names_the_graph_of_facts(store: Store, importer: Importer) -> None:
    report = importer({"parties.csv": PARTIES}, graph="https://example.org/g")
    assert report.facts_graph == "https://example.org/g"
    assert triples(store, "https://example.org/g")


def test_rdf_goes_to_the_graph_of_the_import_and_keeps_its_own_graphs(
    store: Store, importer: Importer
) -> None:
    report = importer(
        {
            "a.ttl": "<http://example.org/a> <http://example.org/p> 1 .",
            "b.trig": "<http://example.org/b> <http://example.org/p> 2 ."
            " <http://example.org/g> { <http://example.org/c> <http://example.org/p> 3 }",
        }
    )
    assert {s[-1] for s, _, _ in triples(store, report.facts_graph)} == {"a", "b"}
    assert triples(store, "http://example.org/g") == {
        ("http://example.org/c", "http://example.org/p", "3")
    }
    assert [file.kind for file in report.files] == ["rdf", "rdf"]


def test_rdf_with_a_violation_is_refused(store: Store, importer: Importer) -> None:
    text = f"<http://example.org/a> a <{CG.NaturalPerson}>, <{CG.LegalEntity}> ."
    report = importer({"a.ttl": text}, shapes=project_shapes())
    assert report.status == "refused"
    assert [f.shape for f in report.findings if f.severity == "violation"] == ["P01"]
    assert store.head == 0


def test_findings_about_rdf_name_their_document(importer: Importer) -> None:
    person = "<http://example.org/{}> a <https://w3id.org/clientgraph/ns#NaturalPerson> ; <{}> 1 ."
    known = "https://w3id.org/clientgraph/ns#birthDate"
    files = {"a.ttl": person.format("a", "x:y"), "b.ttl": person.format("b", known)}
    report = importer(files | {"parties.csv": PARTIES}, shapes=project_shapes())
    found = {(one.file, one.focus) for one in report.findings if one.severity == "violation"}
    assert found == {("b.ttl", "http://example.org/b")}


def test_broken_rdf_leaves_graph_unchanged(store: Store, importer: Importer) -> None:
    with pytest.raises(RdfSyntaxError):
        importer({"parties.csv": PARTIES, "z.ttl": "<http://example.org/a> nonsense ."})
    assert (store.head, triples(store)) == (0, set())


def test_templates_are_known_by_the_stem_of_a_file(importer: Importer) -> None:
    report = importer(
        {
            "parties.tsv": PARTIES.replace(",", "\t"),
            "products.csv.gz": gzip.compress(b"key,name\nA,Tea\n", mtime=0),
        }
    )
    assert [file.name for file in report.files] == ["parties.tsv", "products.csv.gz"]


def test_names_of_countries_become_codes(store: Store, importer: Importer) -> None:
    rows = ["France", "ALLEMAGNE", "gb", "Neverland", "United States"]
    lines = [f"P{number},person,{name}" for number, name in enumerate(rows)]
    assert importer({"parties.csv": "\n".join(["key,kind,country", *lines])}).violations == 0
    assert values(store, "country-name") == ["DE", "FR", "GB", "Neverland", "US"]


JSON = '[{"key": "J1", "kind": "person", "name": "Jo", "@note": 1}]'
LINKED = '{"@id": "urn:x:a", "http://xmlns.com/foaf/0.1/name": "Ann"}'


@pytest.mark.parametrize("name", ["parties.json", "parties.json.gz"])
def test_json_without_a_keyword_of_json_ld_is_a_table(
    store: Store, importer: Importer, name: str
) -> None:
    text = JSON.encode()
    files: dict[str, str | bytes] = {name: gzip.compress(text) if name.endswith("gz") else text}
    report = importer(files | {"linked.json": LINKED})
    assert [(file.kind, file.rows) for file in report.files] == [("table", 1), ("rdf", 0)]
    assert values(store, "name") == ["Ann", "Jo"]


def test_json_that_a_mapping_document_reads_is_a_table(store: Store, importer: Importer) -> None:
    mapping = """
prefixes: {foaf: "http://xmlns.com/foaf/0.1/"}
sources: {people: {access: people.json, referenceFormulation: json}}
mappings:
  person: {sources: people, s: "urn:x:$(@id)", po: [[foaf:name, $(name)]]}
"""
    importer({"people.json": '[{"@id": "7", "name": "Jo"}]'}, mapping)
    assert values(store, "name") == ["Jo"]


def test_json_that_is_neither_table_nor_rdf_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text('[{"name": "Jo"}]')
    with pytest.raises(UsageError, match="not named after a template"):
        run_import(store, [tmp_path / "people.json"])


def test_nodes_of_rdf_are_counted(importer: Importer) -> None:
    def counts(text: str) -> tuple[int, int]:
        report = importer({"parties.csv": PARTIES, "more.ttl": text})
        return report.difference.added, report.difference.changed

    assert counts("<urn:x:a> <urn:p> 1 , 2 . <urn:x:b> <urn:p> 1 .") == (5, 0)
    assert counts("<urn:x:a> <urn:p> 1 , 3 . <urn:x:c> <urn:p> 1 .") == (1, 1)


def test_dry_run_counts_what_would_be_new(importer: Importer) -> None:
    importer({"parties.csv": PARTIES})
    changed = {"parties.csv": PARTIES.replace("Ada", "Ida")}
    assert importer({"parties.csv": PARTIES}, dry_run=True).quads_written == 0
    assert importer(changed, dry_run=True).quads_written == importer(changed).quads_written


def test_folder_notes_what_it_leaves_out(importer: Importer) -> None:
    report = importer({"parties.csv": PARTIES, "notes.md": "x", "others.csv": "a\n1\n"})
    assert [note["fr"].partition(" ")[0] for note in report.notes] == ["notes.md", "others.csv"]


def test_inputs_that_cannot_be_are_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "others.csv").write_text("a\n1\n")
    for paths, error, text in [
        ([], UsageError, "nothing to import"),
        ([tmp_path / "none.csv"], SourceError, "does not exist"),
        ([tmp_path / "others.csv"], UsageError, "not named after a template"),
        ([tmp_path], UsageError, "no file to import"),
    ]:
        with pytest.raises(error, match=text):
            run_import(store, paths)
    with pytest.raises(UsageError, match="on_violation"):
        run_import(store, [tmp_path], ImportOptions(on_violation="ignore"))
    for graph in ("", "facts", "not an iri", "http://example.org/<x>"):
        with pytest.raises(UsageError, match="not an absolute IRI"):
            run_import(store, [tmp_path / "others.csv"], ImportOptions(graph=graph))


def test_header_without_required_column_lists_what_was_found(importer: Importer) -> None:
    with pytest.raises(SourceError) as caught:
        importer({"purchases.csv": "order,client,sum\n1,2,3\n"})
    assert "'amount' is missing. Found: order, client, sum. Missing too: currency" in str(
        caught.value
    )
    assert (caught.value.row, caught.value.column) == (1, "amount")


def test_as_of_is_what_rules_take_as_today(importer: Importer) -> None:
    files = {"parties.csv": "key,kind,birth_date\nP1,person,2020-01-01\n"}
    shapes = project_shapes()
    assert importer(files, shapes=shapes, as_of=date(2019, 1, 1), dry_run=True).refused
    assert not importer(files, shapes=shapes, as_of=date(2021, 1, 1), dry_run=True).refused


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10) | st.text(
    alphabet="\",\n\r\t;\\'é😀 ", min_size=1, max_size=6
)


@settings(
    max_examples=examples(5, 30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(names=st.lists(NAMES, min_size=1, max_size=5, unique=True))
def test_names_with_any_characters_arrive_unchanged_as_literals(
    store: Store, importer: Importer, names: list[str]
) -> None:
    rows = [f'K{i},"{name.replace(chr(34), chr(34) * 2)}"' for i, name in enumerate(names)]
    source = f"source {store.head}"
    importer({"products.csv": "key,name\n" + "\n".join(rows) + "\n"}, source=source)
    labels = {s: o for s, p, o in triples(store) if p == "label"}
    assert [labels[iri(store, "product", f"K{i}", source)] for i in range(len(names))] == names


def test_mapping_document_that_is_missing_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(MappingError, match="cannot be read"):
        run_import(store, [tmp_path / "a.csv"], ImportOptions(mapping=tmp_path / "none.yml"))
