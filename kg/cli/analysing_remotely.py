"""Analyses asked of a running server, and what is told beside a result, from there or from here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from http.client import HTTPResponse

import click

from kg.analysis import Analysis
from kg.analysis.explanation_text import explanation_text
from kg.cli.output import write_chunks, write_table
from kg.cli.remote import Server
from kg.cli.session import language_of

RDF_FORMATS = ("turtle", "nt", "json-ld")
_JSON = "application/json"
_MEDIA_TYPES = {
    "turtle": "text/turtle", "nt": "application/n-triples", "json-ld": "application/ld+json",
}  # fmt: skip
_TOLD = ("as_of", "knowledge", "params", "rule_version")


def ask_server(
    server: Server, analysis: Analysis, fields: Mapping[str, str], name: str, *, keep: bool
) -> None:
    """Write the answer of a server to standard output, as the analysis would be written here.

    Raises:
        ServerError: the server refused what was asked, or is not there.
        UsageError: an option has a wrong value.
    """
    accept = _MEDIA_TYPES.get(name, _JSON)
    with server.analyse(analysis.name, fields, _JSON if keep else accept, keep=keep) as response:
        if keep:
            derived = json.load(response)
            tell_derived(derived["graph"], derived["rows"], derived["quads"])
            return
        if name in RDF_FORMATS:
            write_chunks(iter(lambda: response.read(1 << 16), b""))
        else:
            columns = analysis.columns
            rows = [[record[column] for column in columns] for record in json.load(response)]
            write_answer(analysis, rows, name)
        if response.headers.get("X-Clientgraph-Complete") == "false":
            click.echo("The server sent the first rows only.", err=True)
        tell_context(told_by(response), response.headers.get_all("X-Clientgraph-Note") or [])


def write_answer(analysis: Analysis, rows: Sequence[Sequence[object]], name: str) -> None:
    """Write the rows of an analysis to standard output; an explanation is a text for people."""
    if analysis.name != "explain" or name != "table":
        write_table(analysis.columns, rows, name)
        return
    records = (dict(zip(analysis.columns, row, strict=True)) for row in rows)
    for line in explanation_text(records, language_of(click.get_current_context())):
        click.echo(line)


def told_by(response: HTTPResponse) -> dict[str, str]:
    """Return what an answer was computed under."""
    names = {name: f"X-Clientgraph-{name.replace('_', '-').title()}" for name in _TOLD}
    return {name: response.headers.get(header, "") for name, header in names.items()}


def tell_derived(graph: str, rows: int, quads: int) -> None:
    """Tell the name of a derived graph, and what it holds."""
    click.echo(graph)
    click.echo(f"{rows} rows, {quads} quads, in that graph.", err=True)


def tell_context(told: Mapping[str, str], notes: Iterable[str]) -> None:
    """Tell what figures were computed under, and what they leave out, beside the result."""
    text = "As of {as_of}, known at {knowledge}, parameters {params}, rules {rule_version}."
    click.echo(text.format_map(told), err=True)
    for note in notes:
        click.echo(f"Note: {note}", err=True)
