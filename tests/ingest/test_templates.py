"""The templates of contracts, contacts, incidents and opinions: good rows and bad ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from imported import Importer, triples, values

from kg.ingest import ImportOptions, run_import, template, template_names
from kg.ingest.headers import SYNONYMS, recognise
from kg.shacl import Shapes, project_shapes
from kg.store import Store

PARTIES = (
    "key,kind,name,registration_id,parent\n"
    "P1,person,Ada,,\nP2,person,Bo,,\nL1,legal,Firm,R1,\n"
    "ORG,legal,Us,R0,\nU1,unit,Desk,,ORG\n"
)
BASE = {
    "parties.csv": PARTIES,
    "products.csv": "key,name\nA,Tea\n",
    "purchases.csv": "order,client,date,product,quantity,amount,currency\n"
    "O1,P1,2024-05-01,A,1,10,EUR\n",
    "memberships.csv": "member,organization,role,start\nP2,ORG,employee,2020-01-01\n",
    "segments.csv": "key,label_en,label_fr,query\nS1,All,Tous,SELECT ?party { ?party a ?kind }\n",
    "information.csv": "key,product,topic,level\nI1,A,price,public\n",
}


class Case(NamedTuple):
    """A template: its rows, what they say, and rows that are wrong with the place they are at."""

    header: str
    row: str
    facts: dict[str, str]
    wrong: dict[str, tuple[str | None, str]]
    """Wrong row -> (column if one is at fault, the shape that answers, or nothing for the cell)."""


CASES = {
    "contracts": Case(
        "key,client,start,end,product",
        "C1,P1,2024-01,2025-01-01,A",
        {"type": "Contract", "startDate": "2024-01", "endDate": "2025-01-01", "sourceKey": "C1"},
        {
            "C1,P1,,2025-01-01,": ("start", ""),
            "C1,P9,2024-01-01,,": ("client", ""),
            "C1,P1,2024-01-01,2023-01-01,": ("end", "R02"),
        },
    ),
    "uses": Case(
        "user,date,product,order",
        "P1,2024-06-01,A,O1",
        {"type": "Use", "date": "2024-06-01"},
        {"P1,,A,": ("date", ""), "P1,2024-06-01,Z,": ("product", ""), "P1,2024,,O9": ("order", "")},
    ),
    "requests": Case(
        "key,requester,date,specifier,product,status,handler,technical_review,commercial_review,"
        "resulting_order",
        "R1,U1,2024-01-02,P2,A,ordered,P2,2024-02-01,2024-03,O1",
        {
            "type": "PurchaseRequest",
            "status": "scheme/request-status/ordered",
            "technicalReview": "2024-02-01",
            "commercialReview": "2024-03",
        },
        {
            "R1,U1,2024-01-02,,,done,,,,": ("status", ""),
            "R1,P1,2024-01-02,,,draft,,,,": ("requester", "S10"),
            "R1,U1,2024-01-02,,,ordered,,2024-02-01,,": ("status", "S11"),
            "R1,U1,2024-01-02,,,draft,,soon,,": ("technical_review", ""),
        },
    ),
    "interactions": Case(
        "party,date,direction,channel,advisor",
        "P1,2024-06-01,both,phone,P2",
        {"type": "Interaction", "direction": "both", "channel": "phone"},
        {"P1,2024-06-01,up,,": ("direction", ""), "P1,2024-06-01,in,,P9": ("advisor", "")},
    ),
    "incidents": Case(
        "key,party,date,severity,resolved_on",
        "I1,P1,2024-06-01,major,2024-06-09",
        {"type": "BadExperience", "severity": "major", "resolvedOn": "2024-06-09"},
        {
            "I1,P1,2024-06-01,huge,": ("severity", ""),
            "I1,P1,2024-06-01,major,2024-05-01": ("resolved_on", "T18"),
        },
    ),
    "refusals": Case(
        "party,date",
        "P1,2024-06-01",
        {"type": "Refusal", "date": "2024-06-01"},
        {"P9,2024-06-01": ("party", ""), "P1,2024-06-31": ("date", "")},
    ),
    "satisfaction": Case(
        "party,date,score,scale,no_alternative",
        "P1,2024-06-01,0.75,1-5,true",
        {"type": "SatisfactionMeasurement", "score": "0.75", "noAlternative": "true"},
        {
            "P1,2024-06-01,4,1-5,": ("score", "T19"),
            "P1,2024-06-01,good,,": ("score", ""),
            "P1,2024-06-01,1,,oui": ("no_alternative", ""),
        },
    ),
    "qualifications": Case(
        "party,date,level,budget,need,timing,assessor",
        "P1,2024-06-01,sales,yes,no,unknown,P2",
        {"type": "Qualification", "level": "sales", "budgetFit": "yes", "timingFit": "unknown"},
        {"P1,2024-06-01,hot,,,,": ("level", ""), "P1,2024-06-01,,maybe,,,": ("budget", "")},
    ),
    "segments": Case(
        "key,label_en,label_fr,query",
        "S1,Tea drinkers,Buveurs de thé,SELECT ?party WHERE { ?party ?p ?o }",
        {"type": "Segment", "sourceKey": "S1", "label": "Buveurs de thé"},
        {
            "S1,Tea drinkers,,": ("label_fr", ""),
            "S1,Tea,Thé,SELECT ?x WHERE { ?x ?p ?o }": ("query", "G03"),
        },
    ),
    "criteria": Case(
        "segment,persona,family,property,operator,value",
        "S1,,behavioural,annualPotential,>=,20000",
        {"type": "Criterion", "operator": ">=", "criterionValue": "20000"},
        {
            "S9,,behavioural,stage,,CURRENT": ("segment", ""),
            "S1,,moral,stage,,CURRENT": ("family", ""),
            "S1,,behavioural,stage,~,CURRENT": ("operator", ""),
        },
    ),
    "targetings": Case(
        "segment,start,end,product,core,direct_marketing,party",
        "S1,2024-06-01,2024-12-31,A,true,true,P1",
        {"type": "Targeting", "isCore": "true", "directMarketing": "true"},
        {
            "S1,,,A,,,": ("start", ""),
            "S1,2024-06-01,2024-05-01,A,,,": ("end", "R02"),
            "S1,2024-06-01,,A,yes,,": ("core", ""),
        },
    ),
    "personas": Case(
        "key,persona,age_band,occupation,residence,income_band,life_value,persona_need,study,"
        "study_date",
        "E1,Helen,35-44,Hotel owner,Lyon,40-60,Close to home,Calm,Survey,2024-03",
        {"type": "BuyerPersona", "personaName": "Helen", "ageBand": "35-44"},
        {"E1,,,,,,,,,": ("persona", ""), "E1,Helen,,,,,,,Survey,spring": ("study_date", "")},
    ),
    "communications": Case(
        "key,date,sender,receiver,kind,tool,goal,information",
        "M1,2024-06-01,U1,P2,downward,emailing,information,I1",
        {"type": "Communication", "communicationKind": "scheme/comm/downward"},
        {
            "M1,2024-06-01,U1,P1,downward,,,": ("receiver", "G11"),
            "M1,2024-06-01,L1,P1,gossip,,,": ("kind", ""),
            "M1,2024-06-01,L1,P1,marketing,,,I9": ("information", ""),
        },
    ),
    "information": Case(
        "key,product,topic,level,statement",
        "I1,A,production,client,Picked in May",
        {"type": "ProductInformation", "accessLevel": "scheme/access/client"},
        {"I1,A,smell,public,": ("topic", ""), "I1,A,price,secret,": ("level", "")},
    ),
    "grants": Case(
        "information,grantee,start,end",
        "I1,U1,2024-06-01,2025-06-01",
        {"type": "AccessGrant", "endDate": "2025-06-01"},
        {
            "I1,U1,2024-06-01,": ("end", ""),
            "I9,U1,2024-06-01,2025-01-01": ("information", ""),
            "I1,U1,2024-06-01,2024-01-01": ("end", "R02"),
        },
    ),
    "consents": Case(
        "party,date,status",
        "P1,2024-05-01,given",
        {"type": "ConsentRecord", "consentStatus": "scheme/consent/given"},
        {"P1,2024-05-01,maybe": ("status", ""), "P1,,given": ("date", "")},
    ),
    "client_requests": Case(
        "key,requester,date,due,priority,status,product,handler",
        "Q1,P1,2024-06-01,2024-06-15,high,submitted,A,P2",
        {"type": "ClientRequest", "dueDate": "2024-06-15", "priority": "scheme/priority/high"},
        {
            "Q1,P1,2024-06-01,,urgent,,,": ("priority", ""),
            "Q1,P9,2024-06-01,,,,,": ("requester", ""),
        },
    ),
    "profiles": Case(
        "party,date,profile,assessor,expires_on,confidence,incident",
        "P1,2024-06-01,hurried,P2,2025-06-01,0.5,",
        {"type": "ProfileAssessment", "profile": "scheme/profile/hurried"},
        {
            "P1,2024-06-01,rude,P2,2025-06-01,,": ("profile", ""),
            "P1,2024-06-01,hurried,P2,2025-06,,": ("expires_on", ""),
            "P1,2024-06-01,aggressive,P2,2025-06-01,,": (None, "G10"),
        },
    ),
    "merges": Case(
        "duplicate,canonical,date,reason",
        "P2,P1,2024-06-01,same mail",
        {"type": "RecordMerge", "mergeReason": "same mail"},
        {
            "P2,,2024-06-01,": ("canonical", ""),
            "P2,L1,2024-06-01,": ("canonical", "P13"),
            "P1,P1,2024-06-01,": ("canonical", "P12"),
        },
    ),
    "designations": Case(
        "party,kind,start,end,by",
        "P1,key_account,2024-06-01,2025-06-01,P2",
        {"type": "RoleAssignment", "roleType": "scheme/role/key-account"},
        {
            "P1,vip,2024-06-01,,": ("kind", ""),
            "P1,adviser,2024-06-01,2024-05-01,": ("end", "R02"),
        },
    ),
    "costs": Case(
        "key,party,date,kind,amount,currency",
        "K1,P1,2024-06-01,goods,12.50,EUR",
        {"type": "CostAllocation", "costKind": "scheme/cost/goods", "amount": "12.50"},
        {
            "K1,P1,2024-06-01,gifts,1,EUR": ("kind", ""),
            "K1,P1,2024-06-01,goods,-1,EUR": ("amount", "T32"),
            "K1,P1,2024-06-01,goods,1,euro": ("currency", ""),
        },
    ),
}
WRONG = [(name, row) for name, case in CASES.items() for row in case.wrong]
CELLS = [(name, row) for name, row in WRONG if not CASES[name].wrong[row][1]]
RULES = [(name, row) for name, row in WRONG if CASES[name].wrong[row][1]]
KEYED = {name for name, case in CASES.items() if case.header.startswith("key,")}


@pytest.fixture(scope="module")
def gate() -> Shapes:
    return project_shapes()


def test_every_template_without_a_test_of_its_own_elsewhere_is_tried_here() -> None:
    elsewhere = "parties products purchases refunds recommendations memberships supplies"
    assert set(template_names()) == {*CASES, *elsewhere.split()}


def test_good_rows_of_all_templates_arrive(store: Store, importer: Importer, gate: Shapes) -> None:
    files = {f"{name}.csv": f"{case.header}\n{case.row}\n" for name, case in CASES.items()}
    report = importer(BASE | files, shapes=gate)
    assert [f for f in report.findings if f.severity == "violation"] == []
    assert report.status == "committed"
    found = triples(store)
    for case in CASES.values():
        subjects = {s for s, p, o in found if (p, o) == ("type", case.facts["type"])}
        assert len(subjects) == 1
        assert set(case.facts.items()) <= {(p, o) for s, p, o in found if s in subjects}
    assert len(values(store, "mergedInto")) == 1


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, no_shapes: Shapes) -> Iterator[Store]:
    """A store with what the cells refer to; an import that is refused leaves it as it is."""
    folder = tmp_path_factory.mktemp("base")
    for name, content in BASE.items():
        (folder / name).write_text(content, encoding="utf-8")
    with Store.open() as store:
        assert run_import(store, [folder], ImportOptions(shapes=no_shapes)).status == "committed"
        yield store


@pytest.mark.parametrize(("name", "row"), CELLS, ids=[f"{name}: {row}" for name, row in CELLS])
def test_wrong_cell_is_refused_with_its_column(
    filled: Store, no_shapes: Shapes, tmp_path: Path, name: str, row: str
) -> None:
    file = tmp_path / f"{name}.csv"
    file.write_text(f"{CASES[name].header}\n{row}\n", encoding="utf-8")
    report = run_import(filled, [file], ImportOptions(shapes=no_shapes))
    assert report.status == "refused"
    found = {(f.file, f.row, f.column) for f in report.findings if f.severity == "violation"}
    assert found == {(f"{name}.csv", 2, CASES[name].wrong[row][0])}


def test_rows_that_break_a_rule_are_refused_with_their_column(
    importer: Importer, gate: Shapes
) -> None:
    files: dict[str, list[str]] = {}
    expected = set()
    for name, row in RULES:
        lines = files.setdefault(f"{name}.csv", [CASES[name].header])
        lines.append(row.replace("1,", f"{len(lines)},", 1) if name in KEYED else row)
        expected.add((f"{name}.csv", len(lines), *CASES[name].wrong[row]))
    report = importer(BASE | {name: "\n".join(lines) for name, lines in files.items()}, shapes=gate)
    assert report.status == "refused"
    found = {(f.file, f.row, f.column, (f.shape or "").partition("-")[0]) for f in report.findings}
    assert expected <= found


def test_a_merge_outlives_a_newer_export_of_the_parties(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES, "merges.csv": "duplicate,canonical\nP2,P1\n"})
    importer({"parties.csv": PARTIES.replace("Bo", "Bob")})
    assert len(values(store, "mergedInto")) == 1


def test_every_column_has_a_french_name_of_its_own_in_its_template() -> None:
    for name in template_names():
        source = template(name).sources[0]
        columns = [cell.column for cell in source.cells]
        french = [SYNONYMS[column][0] for column in columns]
        assert len(set(french)) == len(columns)
        assert set(recognise(french, columns)) == set(columns)


GIVEN = "order,client,date,product,amount,currency"
EMPTY = "payment_date,delivery_date,seller,acting_buyer,payer,channel,purpose,recorded_at"


def purchases(rows: str, *, empty: bool) -> str:
    """Return purchases without optional columns, or with these and nothing in their cells."""
    ends = f",{EMPTY}", "," * (EMPTY.count(",") + 1)
    lines = [GIVEN, *rows.split()]
    more = [ends[0], *[ends[1]] * (len(lines) - 1)] if empty else [""] * len(lines)
    return "".join(f"{line}{end}\n" for line, end in zip(lines, more, strict=True))


def test_columns_that_a_file_lacks_say_what_empty_ones_say(importer: Importer) -> None:
    rows = "O1,P1,2024-05-01,A,10,EUR O1,P1,,A,5,EUR O2,P2,2024-06,A,1,EUR"
    with_empty = importer(BASE | {"purchases.csv": purchases(rows, empty=True)}, source="shop")
    without = importer(BASE | {"purchases.csv": purchases(rows, empty=False)}, source="shop")
    assert with_empty.status == "committed"
    assert without.status == "unchanged"


def test_columns_that_a_file_has_are_checked_beside_those_that_it_lacks(importer: Importer) -> None:
    rows = "O1,P1,2024-05-01,A,10,EUR O1,P1,2024-05-02,A,5,EUR O2,P7,2024-13,Z,1,eur"
    found = []
    for empty in (True, False):
        report = importer(BASE | {"purchases.csv": purchases(rows, empty=empty)})
        assert report.status == "refused"
        found.append([(one.row, one.column, one.kind, one.value) for one in report.findings])
    assert found[0] == found[1]
    places = {(row, column) for row, column, *_ in found[0]}
    assert places == {
        (3, "date"),
        *((4, name) for name in ("client", "date", "product", "currency")),
    }
