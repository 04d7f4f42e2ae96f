"""What would change, asked over HTTP: the figures of the library, as JSON and as a page."""

import csv
import io

import pytest
from conftest import application

from kg.analysis.what_if import WHAT_IF_COLUMNS
from tests.analysis.test_what_if import EDGES, SCORES, supplied

AT = "2025-06-01"
IMAGINED = [
    ({"remove": "SUPPORT"}, {p: w for p, w in EDGES.items() if "SUPPORT" not in p}, SCORES),
    ({"cut": "SALES>X"}, {p: w for p, w in EDGES.items() if p != ("SALES", "X")}, SCORES),
    ({"share": "IT>SALES=0.9"}, EDGES | {("IT", "SALES"): 0.9}, SCORES),
    ({"satisfaction": "IT=0.5"}, EDGES, SCORES | {"IT": 0.5}),
    (
        {"cut": "SALES>X", "satisfaction": "SUPPORT=1"},
        {p: w for p, w in EDGES.items() if p != ("SALES", "X")},
        SCORES | {"SUPPORT": 1.0},
    ),
]


@pytest.mark.parametrize(("change", "edges", "scores"), IMAGINED)
def test_imagined_figures_are_those_of_a_changed_copy(tmp_path, change, edges, scores):
    with supplied().store() as store, supplied(edges, scores).store() as other:
        client, copy = (application(one, tmp_path, "ORG").test_client() for one in (store, other))
        head = store.head
        asked = "/api/chains/what-if"
        answer = client.get(asked, query_string={**change, "as_of": AT})
        assert answer.status_code == 200, answer.text
        rows = answer.json
        assert rows
        assert tuple(rows[0]) == WHAT_IF_COLUMNS
        exposed = {
            row["client_key"]: row
            for row in copy.get("/api/chains/exposure", query_string={"as_of": AT}).json
        }
        units = {
            row["unit_key"]: row["reached"]
            for row in copy.get("/api/chains/units", query_string={"as_of": AT}).json
        }
        compared = 0
        for row in rows:
            key, measure = row["party_key"], row["measure"]
            if measure in ("exposure", "exposure_norm", "coverage"):
                assert row["after"] == pytest.approx(exposed[key][measure]), row
                compared += 1
            if measure == "reached":
                assert (row["after"] or 0) == units.get(key, 0), row
        assert compared
        text = client.get(asked, query_string={**change, "as_of": AT, "format": "csv"}).text
        assert [line[:3] for line in csv.reader(io.StringIO(text))][1:] == [
            [row["party"], row["party_key"], row["measure"]] for row in rows
        ]
        page = client.get(
            "/analyses/chains/what-if", query_string={**change, "as_of": AT, "run": "1"}
        )
        assert page.status_code == 200
        assert all(row["party_key"] in page.text for row in rows)
        assert store.head == head


@pytest.mark.parametrize(
    "change",
    [
        {}, {"remove": ","}, {"remove": "NOBODY"}, {"cut": "IT"}, {"cut": "X>IT"},
        {"share": "IT>SALES=nan"}, {"share": "TRAINING>SUPPORT=0.9"}, {"satisfaction": "X=0.5"},
        {"satisfaction": "IT=inf"}, {"moon": "full"},
    ],
)  # fmt: skip
def test_what_cannot_be_imagined_is_refused_in_both_languages(tmp_path, change):
    with supplied().store() as store:
        client = application(store, tmp_path, "ORG").test_client()
        told = set()
        for language in ("en", "fr"):
            query = {**change, "as_of": AT, "lang": language}
            answer = client.get("/api/chains/what-if", query_string=query)
            assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
            page = client.get("/analyses/chains/what-if", query_string={**query, "run": "1"})
            assert (page.status_code, page.mimetype) == (400, "text/html")
            told.add(page.text)
        assert len(told) > 1
