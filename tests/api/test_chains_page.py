"""The page of the internal chains: as they are, without a unit, and on bad input."""

from __future__ import annotations

import json
import re

import pytest

from api.chain_pictures import Most
from api.factory import create_app
from api.pages import chains
from kg.analysis.chain_tables import exposure, spof
from kg.config import Settings
from kg.store import Store
from tests.analysis.test_what_if import supplied
from tests.lifecycle.world import FOCAL, context

AT = "2025-06-01"


@pytest.fixture(scope="module")
def store():
    world = supplied()
    world.member("ZOE", "SALES", "2024-01-01")
    with world.store() as store:
        yield store


@pytest.fixture(scope="module")
def client(store, tmp_path_factory):
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("d"), organization=FOCAL), store)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    with Store.open(None) as store:
        app = create_app(Settings(data_dir=tmp_path_factory.mktemp("e")), store)
        yield app.test_client()


def drawn(client, **given):
    answer = client.get("/api/chains/map", query_string={"as_of": AT, **given})
    assert answer.status_code == 200, answer.text
    return {one["key"]: one for one in answer.json["nodes"]}, answer.json["relations"]


def test_the_map_holds_the_figures_of_the_analyses(store, client):
    nodes, relations = drawn(client)
    for row in exposure(store.cursor(), context(AT)).records():
        assert nodes[row["client_key"]]["exposure"] == pytest.approx(row["exposure"])
        assert nodes[row["client_key"]]["coverage"] == row["coverage"]
    points = [(key, unit) for key, one in nodes.items() for unit in one.get("points", ())]
    assert sorted(points) == spof(store.cursor(), context(AT)).rows
    assert {key: one["failing"] for key, one in nodes.items() if one.get("failing")} == {
        "IT": 1, "SALES": 1,
    }  # fmt: skip
    assert nodes["SUPPORT"]["satisfaction"] == 0.6
    assert (nodes["IT"]["role"], nodes["SUPPORT"]["place"]) == ("origin", "frontline")
    assert ("IT", "SUPPORT", 0.4) in {(r["supplier"], r["client"], r["share"]) for r in relations}


def test_a_relation_need_not_say_what_is_supplied(tmp_path):
    world = supplied()
    world.supplies("IT", "Y", 0.1, service=None)
    with world.store() as store:
        app = create_app(Settings(data_dir=tmp_path, organization=FOCAL), store)
        assert app.test_client().get("/chains/drawn", query_string={"as_of": AT}).status_code == 200
        (told,) = (
            r for r in drawn(app.test_client())[1] if r["supplier"] == "IT" and r["client"] == "Y"
        )
        assert told["services"] == []


def test_a_page_of_very_many_holds_some_and_leads_to_all(client, monkeypatch):
    monkeypatch.setattr(chains, "ROWS_SHOWN", 2)
    monkeypatch.setattr(chains, "DRAWN", Most(clients=1, units=2))
    text = client.get("/chains/drawn", query_string={"as_of": AT, "off": "TRAINING"}).text
    units = text[text.index('id="units"') : text.index('id="relations"')]
    assert 2 <= units.count('name="off"') <= 3
    # What is switched off stays in the form, wherever it stands.
    assert 'value="TRAINING" checked' in units
    assert f"/api/chains/units?as_of={AT}&amp;format=csv" in units
    relations = text[text.index('id="relations"') :]
    assert relations[: relations.index("</table>")].count("<tr>") == 3
    assert f"/api/chains/edges?as_of={AT}&amp;format=csv" in relations
    drawn = json.loads(re.search(r'id="chain-data">(.*?)</script>', text, re.DOTALL)[1])
    assert sum(node["external"] for node in drawn["nodes"]) == 1
    assert (drawn["left"], drawn["left_units"]) == (1, 2)
    # The unit that is switched off, and of those nearest to the client the one that most rely on.
    assert {node["key"] for node in drawn["nodes"] if not node["external"]} == {
        "TRAINING", "SALES",
    }  # fmt: skip
    keys = {node["key"] for node in drawn["nodes"]}
    assert all({one["supplier"], one["client"]} <= keys for one in drawn["relations"])


def test_a_unit_switched_off_moves_exposure_and_writes_nothing(store, client):
    head = store.head
    nodes, relations = drawn(client, off="SUPPORT")
    assert nodes["X"]["exposure"] == pytest.approx(0.416)
    assert nodes["X"]["after"] == pytest.approx(0.3 * 0.4 * 0.1 + 0.4 * 0.2)
    assert nodes["Y"]["after"] == nodes["Y"]["exposure"]
    assert (nodes["TRAINING"]["reached"], nodes["TRAINING"]["reached_after"]) == (1, 0)
    assert (nodes["SUPPORT"]["reached"], nodes["SUPPORT"]["reached_after"]) == (1, 0)
    assert len(relations) == 6
    alone, _ = drawn(client, off="SALES")
    assert alone["Y"]["after"] == 0.0
    assert store.head == head


def test_a_loop_is_told(tmp_path):
    world = supplied({("IT", "SUPPORT"): 0.5, ("SUPPORT", "IT"): 0.2, ("SUPPORT", "X"): 1.0})
    with world.store() as store:
        client = create_app(Settings(data_dir=tmp_path, organization=FOCAL), store).test_client()
        nodes, relations = drawn(client)
    assert (nodes["IT"]["loop"], nodes["SUPPORT"]["loop"], nodes["SALES"]["loop"]) == (1, 1, 0)
    assert {r["supplier"] for r in relations if r["loop"]} == {"IT", "SUPPORT"}


def test_shares_beyond_one_leave_the_drawing_without_exposure(tmp_path):
    world = supplied({("IT", "X"): 0.7, ("SALES", "X"): 0.7})
    with world.store() as store:
        client = create_app(Settings(data_dir=tmp_path, organization=FOCAL), store).test_client()
        nodes, _ = drawn(client)
        page = client.get(f"/chains/drawn?as_of={AT}")
    assert nodes["X"]["exposure"] is None
    assert page.status_code == 200
    assert "shares of 1 clients" in page.text


@pytest.mark.parametrize(
    "given",
    [{"as_of": "soon"}, {"off": "NOBODY"}, {"params": "{"}, {"off": [f"U{n}" for n in range(51)]}],
)
def test_bad_arguments_are_refused_with_a_reason(client, given):
    answer = client.get("/api/chains/map", query_string=given)
    assert answer.status_code == 400
    page = client.get("/chains/drawn", query_string=given, headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert 'role="alert"' in page.text


def test_the_page_holds_tables_of_the_same(client):
    text = client.get("/chains/drawn", query_string={"as_of": AT, "off": "SUPPORT"}).text
    rows = [
        [" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)
    ]
    assert ["Party X", "0.42", "0.09", "100 %", "–"] in rows
    assert ["Party Y", "0.23", "0.23", "100 %", "IT , SALES"] in rows
    assert ["IT", "SUPPORT", "40 %"] in [row[:3] for row in rows]
    assert " style=" not in text
    french = client.get("/chains/drawn", query_string={"as_of": AT, "lang": "fr"}).text
    assert "première ligne" in french


def test_a_unit_and_a_relation_are_told_at_the_side(client):
    side = {"as_of": AT, "part": 1, "lang": "en"}
    unit = client.get("/chains/part", query_string={**side, "unit": "SALES"}).text
    assert "<html" not in unit
    assert "2 clients" in unit
    assert "1 supplier" in unit
    assert "1 member" in unit
    relation = client.get("/chains/part", query_string={**side, "unit": "IT", "client": "SALES"})
    assert "IT → SALES" in relation.text
    assert "30 %" in relation.text
    assert "TRAINING" not in relation.text
    assert "<h1>" in client.get(f"/chains/part?unit=X&as_of={AT}&lang=en").text
    for unknown in ("NOBODY", "ZOE"):
        answer = client.get("/chains/part", query_string={**side, "unit": unknown})
        assert answer.status_code == 400
        assert unknown in answer.text


def test_the_map_is_not_sent_again_while_nothing_changes(client):
    tag = client.get(f"/api/chains/map?as_of={AT}").headers["ETag"]
    again = client.get(f"/api/chains/map?as_of={AT}", headers={"If-None-Match": tag})
    assert again.status_code == 304
    other = client.get(f"/api/chains/map?as_of={AT}&off=IT", headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_an_empty_graph_says_what_to_do(empty):
    for code, words in (("en", "No internal chains yet"), ("fr", "Pas encore de chaînes internes")):
        page = empty.get(f"/chains/drawn?lang={code}")
        assert page.status_code == 200
        assert words in page.text
    assert empty.get("/api/chains/map").json["nodes"] == []
