"""The description of the API says what the server does."""

import re

from kg.catalog import load_catalog


def test_every_route_of_the_api_is_described(app, client):
    described = set(client.get("/api/openapi.json").json["paths"])
    for rule in app.url_map.iter_rules():
        if (
            not rule.rule.startswith(("/api/", "/sparql", "/graphs"))
            or rule.rule == "/api/openapi.json"
        ):
            continue
        pattern = re.sub(r"<[^>]+>", "[^/]+", rule.rule)
        assert any(re.fullmatch(pattern, path) for path in described), rule.rule


def test_every_described_address_and_method_is_a_route(app, client):
    adapter = app.url_map.bind("localhost")
    for path, operations in client.get("/api/openapi.json").json["paths"].items():
        for method in operations:
            assert adapter.match(re.sub("{[^}]+}", "x", path), method=method.upper())


def test_operations_have_names_of_their_own(client):
    paths = client.get("/api/openapi.json").json["paths"]
    names = [one["operationId"] for operations in paths.values() for one in operations.values()]
    assert len(set(names)) == len(names) > 100
    assert "delete_api_running_id" in names
    assert all(re.fullmatch("[A-Za-z_0-9]+", name) for name in names)


def test_every_required_parameter_of_a_question_is_described(client):
    paths = client.get("/api/openapi.json").json["paths"]
    for one in client.get("/api/queries").json["queries"]:
        described = paths[f"/api/queries/{one['name']}"]["get"]["parameters"]
        required = {parameter["name"] for parameter in described if parameter["required"]}
        assert required == {p["name"] for p in one["parameters"] if p["required"]}


def test_the_parameters_of_a_question_have_their_examples_and_defaults(client):
    paths = client.get("/api/openapi.json").json["paths"]
    for one in load_catalog().values():
        told = {p.get("name"): p for p in paths[f"/api/queries/{one.name}"]["get"]["parameters"]}
        for parameter in one.parameters:
            described = told[parameter.name]
            assert str(described.get("example")) == str(parameter.example)
            assert (parameter.default or "A value") in described["description"]
            kinds = {"integer": int, "boolean": bool}
            if parameter.example is not None:
                kind = kinds.get(described["schema"]["type"], str)
                assert type(described["example"]) is kind


def test_problems_have_the_described_members(client):
    schemas = client.get("/api/openapi.json").json["components"]["schemas"]
    document = client.get("/sparql?query=SELECT").json
    assert set(schemas["Problem"]["required"]) <= set(document)
    assert set(document) <= set(schemas["Problem"]["properties"])
