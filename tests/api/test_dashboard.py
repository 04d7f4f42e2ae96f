"""The overview: its parts, the rows behind its numbers, and what it says when there is nothing."""

import json
import re
import threading

import pytest
from sample import PREFIXES, filled_store

from api.factory import create_app
from api.figures import Figure, figures_of
from api.pages.dashboard import figures_of_today
from kg.config import Settings
from kg.namespaces import graph_iri
from kg.store import Store
from kg.store.rdf import load_bytes

HTML = {"Accept": "text/html"}
_SALES = f"""{PREFIXES}
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
ex:old a cg:NaturalPerson ; cg:sourceKey "old" .
ex:s0 a cg:Purchase ; cg:client ex:old ; cg:seller ex:shop ; cg:orderDate "2023-01-15"^^xsd:date ;
    cg:hasLine ex:m0 . ex:m0 cg:netAmount 10 ; cg:currency "EUR" .
ex:s1 a cg:Purchase ; cg:client ex:bo ; cg:seller ex:shop ; cg:orderDate "2025-02-10"^^xsd:date ;
    cg:hasLine ex:m1 . ex:m1 cg:netAmount 1500 ; cg:currency "EUR" .
ex:s2 a cg:Purchase ; cg:client ex:ana ; cg:seller ex:shop ; cg:orderDate "2025-04-10"^^xsd:date ;
    cg:hasLine ex:m2 . ex:m2 cg:netAmount 20 ; cg:currency "EUR" .
ex:r1 a cg:Referral ; cg:sourceKey "r1" ; cg:recommender ex:bo ; cg:referred ex:ana ;
    cg:date "2025-03-10"^^xsd:date .
"""
_DATES = "as_of=2025-05-01&since=2024-11-01"


@pytest.fixture(scope="module")
def store():
    with filled_store() as store:
        with store.write() as tx:
            graph = str(graph_iri("facts", "sales"))
            load_bytes(tx, _SALES.encode(), format="turtle", graph=graph)
        yield store


def page(client, path):
    response = client.get(path, headers=HTML)
    assert response.status_code == 200, response.text
    return re.sub(r"\s+", " ", response.text)


def charts(text):
    found = re.findall(r'data-chart="(\w+)".*?<script type="application/json">(.*?)</script>', text)
    return [(kind, json.loads(data)) for kind, data in found]


def test_stages_over_time_are_drawn_and_link_to_their_parties(client):
    text = page(client, f"/parts/overview/stages?{_DATES}")
    (_, stages), (_, moves) = charts(text)
    assert len(stages["points"]) == 7
    by_name = {one["name"]: one["values"] for one in stages["series"]}
    assert by_name["current client"] == [0, 0, 0, 0, 1, 1, 2]
    new, _, lost = (one["values"] for one in moves["series"])
    assert new == [0, 0, 0, 1, 0, 1]
    assert lost == [0, 0, 1, 0, 0, 0]
    link = re.search(
        r'href="(/parties\?stage=CURRENT&amp;open=1&amp;as_of=2025-05-01)">2</a>', text
    )[1]
    rows = page(client, link.replace("/parties?", "/parts/parties?").replace("&amp;", "&"))
    assert "2 parties" in rows


@pytest.mark.parametrize(
    ("change", "who"),
    [
        ("first_after=2025-01-01", ["Ana", "Bo"]),
        ("lost_after=2024-11-01", ["Party"]),
        ("back_after=2024-11-01", []),
        ("since=2024-11-01&before_stage=UNENGAGED&stage=CURRENT", ["Ana", "Bo"]),
        ("since=2024-11-01&before_stage=DORMANT", ["Party"]),
    ],
)
def test_rows_behind_what_changed(client, change, who):
    text = page(client, f"/parts/parties?as_of=2025-05-01&{change}")
    names = re.findall(r'<th scope="row"><a [^>]*>(\w+)', text)
    assert sorted(names) == who
    assert 'class="notice"' in page(client, f"/parties?as_of=2025-05-01&{change}")


def test_what_an_address_holds_is_escaped_on_the_list(client):
    text = page(client, "/parties?since=2024-01-01&before_stage=<b>x</b>")
    assert "<b>x</b>" not in text
    assert client.get("/parties?since=never", headers=HTML).status_code == 400


def test_revenue_ends_at_the_date_and_leads_to_its_sales(client):
    text = page(client, "/parts/overview/revenue?as_of=2025-03-01")
    ((_, revenue),) = charts(text)
    assert revenue["points"] == ["Jan 2023", "Feb 2025"]
    assert revenue["series"] == [{"name": "EUR", "values": [10.0, 1500.0]}]
    assert "1,500.00" in text
    assert "/query/revenue-by-month?run=1" in text
    assert 'href="/query?query=PREFIX' in text


def test_movements_are_drawn_from_stage_to_stage(client):
    text = page(client, f"/parts/overview/movements?{_DATES}")
    ((_, flows),) = charts(text)
    names = [(one["name"], one["side"]) for one in flows["nodes"]]
    links = {(names[x["source"]], names[x["target"]]): x["value"] for x in flows["links"]}
    assert links[("unengaged", "from"), ("current client", "to")] == 2
    assert links[("dormant client", "from"), ("former client", "to")] == 1


def test_recommenders_are_ranked_by_what_they_brought(client):
    text = page(client, "/parts/overview/recommenders?as_of=2025-05-01")
    assert re.search(r'href="/parties/bo\?[^"]*">Bo</a>', text)
    assert "20.00" in text


def test_an_old_last_purchase_is_told_with_the_way_to_its_date(client):
    assert "as_of=2025-04-10" in page(client, "/?as_of=2027-01-01")
    assert "as_of=2025-04-10" not in page(client, "/?as_of=2025-05-01")


@pytest.mark.parametrize("since", ["never", "2025-05-01", "2026-01-01"])
def test_a_wrong_comparison_is_told_in_its_place(client, since):
    path = f"/parts/overview/movements?part=1&as_of=2025-05-01&since={since}"
    response = client.get(path, headers=HTML)
    assert response.status_code == 400
    assert "since is" in response.text


def test_an_empty_graph_shows_what_to_do_first(tmp_path):
    with Store.open(None) as empty:
        client = create_app(Settings(data_dir=tmp_path), empty).test_client()
        text = page(client, "/")
        assert "Import your first files" in text
        assert "data-panel" not in text
        assert "Nothing was sold" in page(client, "/parts/overview/revenue")


@pytest.mark.parametrize("part", ["stages", "revenue", "movements", "recommenders"])
def test_the_parts_of_an_empty_graph_say_so(tmp_path, part):
    with Store.open(None) as store:
        client = create_app(Settings(data_dir=tmp_path), store).test_client()
        answer = client.get(f"/parts/overview/{part}?as_of=2011-01-10", headers=HTML)
    assert answer.status_code == 200
    assert '<div class="state">' in answer.text


@pytest.mark.parametrize("keeps", [False, True])
def test_the_overview_of_today_asks_for_what_a_server_makes_ready(tmp_path, monkeypatch, keeps):
    settings = Settings(data_dir=tmp_path, organization="shop")
    with filled_store() as store:
        app = create_app(settings, store)
        if keeps:
            store.keep_tables()
        made = threading.Event()
        last = Figure("last", lambda cursor: made.set() or True)
        today = figures_of_today(settings)
        figures_of(app).keep_ready([], of_today=lambda: [*today, last])
        assert made.wait(60)
        figures_of(app).end()
        if store.kept is not None:
            assert len(store.kept.known()) == 5

        def fail(*_given):
            raise AssertionError("It is made again.")

        monkeypatch.setattr("kg.analysis.described.Analysis.run", fail)
        monkeypatch.setattr("api.pages.dashboard.best_recommenders", fail)
        for part in ("stages", "movements", "recommenders"):
            assert app.test_client().get(f"/parts/overview/{part}").status_code == 200
