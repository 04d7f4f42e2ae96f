"""The page of referrals and the data behind it: what is drawn, for whom, and on bad input."""

from __future__ import annotations

import io
import re
from datetime import date

import networkx as nx
import pytest

from api import referral_map
from api.factory import create_app
from api.pages import network
from kg.config import Settings
from kg.namespaces import graph_iri
from kg.roles import Role
from kg.store import Store
from kg.store.rdf import load_bytes
from kg.store.tokens import create_token
from tests.lifecycle.world import FOCAL, World, iri

AT = "2025-12-31"
NAMES = {"A": "Ana Silva", "B": "Bo <b>Li</b>", "C": "Cy", "D": "Dee"}


def referrals() -> World:
    """Return a world of four persons: A brought B and C, B referred D, C and A are a ring."""
    world = World()
    for key in NAMES:
        world.party(key)
    for key in "BC":
        world.buys(key, "2025-02-01", "100.00")
    world.refers("A", "B", "2025-01-01", key="R1", channel="fair")
    world.refers("A", "C", "2025-01-02", key="R2", channel="letter")
    world.refers("B", "D", "2025-11-20", key="R3")
    world.refers("C", "A", "2025-01-05", key="R4")
    return world


@pytest.fixture(scope="module")
def store():
    """Yield a store whose names are personal data, with one token for who may see them or not."""
    world = referrals()
    with world.store() as store:
        turtle = "".join(
            f'<{iri("party", key)}> <http://xmlns.com/foaf/0.1/name> "{name}" .\n'
            for key, name in NAMES.items()
        )
        load(store, turtle)
        yield store


def load(store: Store, turtle: str) -> None:
    with store.write() as tx:
        load_bytes(tx, turtle.encode(), format="turtle", graph=str(graph_iri("personal", "names")))


@pytest.fixture(scope="module")
def clients(store, tmp_path_factory):
    """Return a client that may see personal data, and one that may not."""
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("d"), organization=FOCAL), store)
    app.testing, app.config["PROPAGATE_EXCEPTIONS"] = True, False
    made = {}
    for role in ("steward", "analyst"):
        made[role] = app.test_client()
        token, _ = create_token(store, role, Role(role))
        made[role].environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return made


@pytest.fixture
def client(clients):
    return clients["steward"]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    with Store.open(None) as store:
        app = create_app(Settings(data_dir=tmp_path_factory.mktemp("e")), store)
        yield app.test_client()


def drawn(client, **given):
    response = client.get("/api/referrals/map", query_string={"as_of": AT, **given})
    assert response.status_code == 200, response.text
    return response.json


def test_the_map_holds_parties_and_referrals_in_columns(client):
    told = drawn(client)
    parties, links = told["parties"], told["referrals"]
    assert parties["key"] == ["A", "B", "C", "D"]
    assert parties["name"] == list(NAMES.values())
    assert parties["downstream"] == [20000, 0, 0, 0]
    assert parties["depth"] == [0, 1, 1, 0]
    assert {key: n for key, n in zip(parties["key"], parties["ring"], strict=True) if n >= 0} == {
        "A": 0, "C": 0,
    }  # fmt: skip
    told_links = {
        (parties["key"][a], parties["key"][b], told["kinds"][kind])
        for a, b, kind in zip(links["giver"], links["receiver"], links["kind"], strict=True)
    }
    assert told_links == {
        ("A", "B", "primary"), ("A", "C", "primary"), ("B", "D", "pending"), ("C", "A", "expired"),
    }  # fmt: skip
    assert told["since"] == "2025-01-01"
    assert sorted(links["day"]) == [0, 1, 4, (date(2025, 11, 20) - date(2025, 1, 1)).days]


def test_the_map_takes_what_is_asked_for(client):
    assert drawn(client, limit=1)["parties"]["key"] == ["A"]
    assert drawn(client, limit=1)["matching"] == 4
    assert drawn(client, channel="fair")["parties"]["key"] == ["A", "B"]
    assert drawn(client, limit=1, include="D")["parties"]["key"] == ["A", "D"]
    assert drawn(client, limit=1, expand="B")["parties"]["key"] == ["A", "B", "D"]
    assert drawn(client, stage="POTENTIAL")["parties"]["key"] == ["A", "D"]
    assert drawn(client, as_of="2025-01-01")["parties"]["key"] == ["A", "B"]
    assert drawn(client, as_of="2020-01-01")["parties"]["key"] == []


@pytest.mark.parametrize(
    "given",
    [
        {"as_of": "soon"}, {"as_of": "2025-02-30"}, {"limit": "0"}, {"limit": "20001"},
        {"limit": "many"}, {"depth": "-1"}, {"depth": "²"}, {"expand": "NOBODY"},
        {"include": "NOBODY"}, {"params": "{"}, {"knowledge": "never"},
    ],
)  # fmt: skip
def test_bad_arguments_are_refused_with_a_reason(client, given):
    answer = client.get("/api/referrals/map", query_string=given)
    assert answer.status_code == 400
    assert answer.json["detail"]
    page = client.get("/network", query_string=given, headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert 'role="alert"' in page.text


@pytest.mark.parametrize("name", ["gexf", "graphml"])
def test_the_map_is_a_document_for_graph_tools(client, name):
    answer = client.get("/api/referrals/map", query_string={"as_of": AT, "format": name})
    assert answer.mimetype == f"application/{name}+xml"
    assert f'filename="referrals-{AT}.{name}"' in answer.headers["Content-Disposition"]
    read = {"gexf": nx.read_gexf, "graphml": nx.read_graphml}[name](io.BytesIO(answer.data))
    assert {one["key"]: one["label"] for _, one in read.nodes(data=True)} == NAMES


def test_the_map_is_not_sent_again_until_something_is_committed(store, client):
    answer = client.get("/api/referrals/map", query_string={"as_of": AT})
    tag = answer.headers["ETag"]
    again = {"query_string": {"as_of": AT}, "headers": {"If-None-Match": tag}}
    assert client.get("/api/referrals/map", **again).status_code == 304
    load(store, "<urn:x> <urn:y> 1 .")
    changed = client.get("/api/referrals/map", **again)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_names_are_pseudonyms_for_who_may_not_see_personal_data(clients):
    told = drawn(clients["analyst"])
    assert not set(told["parties"]["name"]) & set(NAMES.values())
    assert len(set(told["parties"]["name"])) == 4
    for path in ("network?", "network?focus=A&", "network?from=C&to=D&", "network/party?party=A&"):
        text = clients["analyst"].get(f"/{path}as_of={AT}").text
        assert "Party " in text, path
        assert "Ana Silva" not in text, path
        assert "Bo &lt;" not in text, path
    document = clients["analyst"].get(f"/api/referrals/map?as_of={AT}&format=gexf").text
    assert "Ana Silva" not in document


def test_the_page_is_a_table_without_script(client):
    text = client.get("/network", query_string={"as_of": AT}).text
    cells = [re.sub("<[^>]+>", "", one).strip() for one in re.findall(r"<td[^>]*>(.*?)</td>", text)]
    assert cells[:5] == ["Ana Silva", "potential client", "200", "2", "0"]
    assert "Bo &lt;b&gt;Li&lt;/b&gt;" in text
    assert "<b>" not in text


def test_a_chain_is_drawn_by_the_server(client):
    text = client.get("/network", query_string={"as_of": AT, "focus": "B"}).text
    drawing = text[text.index("<svg") : text.index("</svg>")]
    assert re.findall(r"<text [^>]+>([^<]+)</text>", drawing) == [
        "Ana Silva +1",
        "Bo &lt;b&gt;Li&lt;/b&gt;",
    ]
    assert drawing.count("<path") == 1
    assert " style=" not in text


def test_a_path_tells_each_referral_with_its_date(client):
    text = client.get("/network", query_string={"as_of": AT, "from": "C", "to": "D"}).text
    rows = re.findall(r"<tr>(.*?)</tr>", text[text.index("data-path") :], re.DOTALL)[1:]
    told = [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in rows]
    assert [line.split()[-1] for line in told] == ["R2", "R1", "R3"]
    assert "2 Jan 2025" in told[0]
    alone = client.get("/network", query_string={"as_of": "2025-01-01", "from": "A", "to": "D"})
    assert "No referrals link these two." in alone.text


def test_a_party_is_told_at_the_side(client):
    text = client.get("/network/party", query_string={"as_of": AT, "party": "A", "part": 1}).text
    assert "<html" not in text
    assert "2 referrals given" in text
    assert "1 referral received" in text
    whole = client.get("/network/party", query_string={"as_of": AT, "party": "A"}).text
    assert "<h1>" in whole
    unknown = client.get("/network/party", query_string={"as_of": AT, "party": "NOBODY"})
    assert unknown.status_code == 400
    assert "NOBODY" in unknown.text
    alone = client.get("/network/party?as_of=2025-01-01&party=D&part=1")
    assert "D is in no referral" in alone.text


def test_unknown_parties_are_told_on_the_page(client):
    for given in ({"focus": "NOBODY"}, {"from": "A", "to": "NOBODY"}):
        page = client.get("/network", query_string={"as_of": AT, **given})
        assert page.status_code == 400
        assert "NOBODY" in page.text


def test_an_empty_graph_says_what_to_do(empty):
    for code, words in (("en", "No referrals yet"), ("fr", "Pas encore de recommandations")):
        page = empty.get(f"/network?lang={code}")
        assert page.status_code == 200
        assert words in page.text
    assert empty.get("/api/referrals/map").json["parties"]["key"] == []


def test_a_large_map_is_not_waited_for(client, monkeypatch):
    monkeypatch.setattr(network, "_AT_ONCE", 1)
    page = client.get("/network?as_of=2025-12-30")
    assert "Computing the network" in page.text
    assert "now=1" in page.text
    assert "Ana Silva" in client.get("/network?as_of=2025-12-30&now=1").text
    assert "Ana Silva" in client.get("/network?as_of=2025-12-30").text


def test_every_kind_of_referral_has_a_look(root):
    script = (root / "api/static/network-map.js").read_text("utf-8")
    looks = script[script.index("const LINES") : script.index("};", script.index("const LINES"))]
    assert set(re.findall(r"^  (\w+):", looks, re.MULTILINE)) == set(referral_map.KINDS)
