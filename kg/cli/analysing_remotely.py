"""Analyses asked of a running server, and what is told beside a result, from there or from here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http.client import HTTPResponse
from typing import NamedTuple

import click

from kg.analysis import Analysis
from kg.analysis.explanation_text import explanation_text
from kg.cli.output import write_chunks, write_json, write_table
from kg.cli.remote import Server
from kg.cli.session import language_of
from kg.lifecycle import Note, Table, told_beside, told_sentence

RDF_FORMATS = ("turtle", "nt", "json-ld")
_JSON = "application/json"
_MEDIA_TYPES = {
    "turtle": "text/turtle", "nt": "application/n-triples", "json-ld": "application/ld+json",
}  # fmt: skip
_NOTE = "X-Clientgraph-Note"
_FIRST_ROWS = {
    "en": "The server sent the first rows only.",
    "fr": "Le serveur n'a envoyé que les premières lignes.",
}
_TOLD = ("as_of", "knowledge", "params", "rule_version")


class Form(NamedTuple):
    """How an answer is written: its format, and whether it names what it was computed under."""

    name: str
    with_context: bool


def ask_server(
    server: Server, analysis: Analysis, fields: Mapping[str, str], form: Form, *, keep: bool
) -> None:
    """Write the answer of a server to standard output, as the analysis would be written here.

    Raises:
        ServerError: the server refused what was asked, or is not there.
        UsageError: an option has a wrong value.
    """
    rdf = form.name in RDF_FORMATS
    accept = _JSON if keep or not rdf else _MEDIA_TYPES[form.name]
    asked = fields if keep or rdf else {**fields, "with_context": "true"}
    with server.analyse(analysis.name, asked, accept, keep=keep) as response:
        if keep:
            derived = json.load(response)
            tell_derived(derived["graph"], derived["rows"], derived["quads"])
            return
        notes: Iterable[Note] = ()
        if rdf:
            write_chunks(iter(lambda: response.read(1 << 16), b""))
            notes = (Note(text, text) for text in response.headers.get_all(_NOTE) or ())
        else:
            document = json.load(response)
            columns = analysis.columns
            rows = [tuple(record[column] for column in columns) for record in document["rows"]]
            notes = tuple(Note(**note) for note in document["notes"])
            table = Table(columns, rows, notes)
            complete = document["complete"]
            write_answer(analysis, table, document["context"], form, complete=complete)
        if response.headers.get("X-Clientgraph-Complete") == "false":
            language = language_of(click.get_current_context())
            click.echo(_FIRST_ROWS[language], err=True)
        tell_context(told_by(response), notes)


def write_answer(
    analysis: Analysis,
    table: Table,
    told: Mapping[str, str],
    form: Form,
    *,
    complete: bool = True,
) -> None:
    """Write the table of an analysis to standard output; an explanation is a text for people."""
    if analysis.name == "explain" and form.name == "table":
        language = language_of(click.get_current_context())
        for line in explanation_text(table.records(), language):
            click.echo(line)
        if form.with_context:
            click.echo(f"\n{told_sentence(told, language)}")
    elif form.with_context and form.name == "json":
        beside = told_beside(told, table.notes, complete=complete)
        write_json({**beside, "rows": list(table.records())})
    else:
        shown = table.under(told) if form.with_context else table
        write_table(shown.columns, shown.rows, form.name)


def told_by(response: HTTPResponse) -> dict[str, str]:
    """Return what an answer was computed under."""
    names = {name: f"X-Clientgraph-{name.replace('_', '-').title()}" for name in _TOLD}
    return {name: response.headers.get(header, "") for name, header in names.items()}


def tell_derived(graph: str, rows: int, quads: int) -> None:
    """Tell the name of a derived graph, and what it holds."""
    click.echo(graph)
    click.echo(f"{rows} rows, {quads} quads, in that graph.", err=True)


def tell_context(told: Mapping[str, str], notes: Iterable[Note]) -> None:
    """Tell what figures were computed under, and what they leave out, beside the result."""
    language = language_of(click.get_current_context())
    click.echo(told_sentence(told, language), err=True)
    for note in notes:
        click.echo(f"Note: {note.en}" if language == "en" else f"Note : {note.fr}", err=True)
