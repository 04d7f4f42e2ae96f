"""The CSV templates over HTTP."""


def test_templates_are_listed_and_given_in_the_language_asked_for(client):
    assert "parties" in client.get("/api/templates").json["templates"]
    response = client.get("/api/templates/parties.csv?lang=fr")
    assert response.content_type == "text/csv; charset=utf-8"
    assert "\nclé,type,nom," in response.text
    assert "\nkey,kind,name," in client.get("/api/templates/parties?lang=en").text


def test_unknown_template_is_404_with_advice(client):
    response = client.get("/api/templates/people")
    assert response.status_code == 404
    assert "/api/templates" in response.text
