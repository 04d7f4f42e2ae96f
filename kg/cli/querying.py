"""The command `query`: a named question, a file or a text, answered here or by a server."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import click

from kg.catalog import NamedQuery, Term, find_query, load_catalog, read_parameters, read_term
from kg.cli.output import TABLE_FORMATS, write_chunks, write_table
from kg.cli.remote import Server
from kg.cli.session import current_server, current_settings, opened_store
from kg.cli.texts import read_text
from kg.errors import UsageError
from kg.library import find_kept, settled
from kg.sparql import Result, explain, query
from kg.sparql.formats import BINDING_FORMATS, FILE_FORMATS, GRAPH_FORMATS, Format
from kg.sparql.results import write_bindings, write_graph

_FORMATS = {one.name: one for one in (*GRAPH_FORMATS, *BINDING_FORMATS, *FILE_FORMATS)}


@dataclass(frozen=True, slots=True)
class Question:
    """A query to run, with the values given for its parameters."""

    text: str
    place: str
    values: dict[str, str]
    named: NamedQuery | None = None

    def bindings(self) -> dict[str, Term]:
        """Return the term of each parameter.

        Raises:
            UsageError: a parameter is unknown, missing, or of another type.
        """
        named = self.named
        if named is None and (declared := read_parameters(self.text, self.place)):
            named = NamedQuery(self.place, "", {}, {}, "", declared, self.text)
        if named:
            return named.bind(self.values, organization=current_settings().organization)
        return {name: read_term(value) for name, value in self.values.items()}


@click.command("query")
@click.argument("source", required=False, metavar="[NAME | FILE.rq]")
@click.option("-e", "--execute", "text", metavar="TEXT", help="The query itself.")
@click.option("--list", "listing", is_flag=True, help="List the named questions and stop.")
@click.option(
    "--param", "params", multiple=True, metavar="K=V", help="Value of a parameter; repeatable."
)
@click.option(
    "--format",
    "name",
    type=click.Choice(["table", *_FORMATS]),
    help="Default: table, and turtle for CONSTRUCT and DESCRIBE.",
)
@click.option("--version", type=click.IntRange(min=1), help="Version of a query that is kept.")
@click.option("--as-of-commit", type=click.IntRange(min=0), help="The graph as it was then.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Seconds.")
@click.option("--explain", "explained", is_flag=True, help="Show the SQL and its plan instead.")
def query_command(
    source: str | None,
    text: str | None,
    *,
    listing: bool,
    params: tuple[str, ...],
    name: str | None,
    version: int | None,
    as_of_commit: int | None,
    timeout: float | None,
    explained: bool,
) -> None:
    """Ask a named question, the query of a file ('-' for standard input), or a TEXT."""
    if listing:
        _list_questions(name or "table")
        return
    question = _question(source, text, params, version)
    server = current_server()
    seconds = timeout or current_settings().timeout
    if server:
        if explained or as_of_commit is not None:
            raise UsageError("--explain and --as-of-commit work on the store's file, not on --url.")
        with _ask(server, question, name, seconds) as response:
            _write_response(response, name)
        return
    with opened_store() as store:
        store.check_commit(as_of_commit)
        if explained:
            plan = explain(store, question.text, bindings=question.bindings())
            click.echo(plan.partition("\n")[0].removeprefix("-- "), err=True)
            click.echo(plan)
            return
        result = query(
            store,
            question.text,
            timeout=seconds,
            bindings=question.bindings(),
            as_of_commit=as_of_commit,
        )
        with contextlib.closing(result):
            write_result(result if as_of_commit is None else settled(result, question.text), name)


def write_result(result: Result, name: str | None) -> None:
    """Write an answer to standard output in a format, or in the one fit for people.

    Raises:
        UsageError: the format does not fit the form of the query.
    """
    if result.form in ("construct", "describe"):
        write_chunks(write_graph(result, name or "turtle"))
    elif name not in (None, "table"):
        write_chunks(write_bindings(result, name))
    elif result.form == "ask":
        click.echo("yes" if result.boolean else "no")
    else:
        rows = ([term[1] if term else None for term in row] for row in result.rows())
        write_table(result.variables, rows, "table")


def read_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """Return the values of `K=V` options by name.

    Raises:
        UsageError: one has no `=`.
    """
    values: dict[str, str] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise UsageError(f"--param {pair!r} has no value; write --param name=value.")
        values[key.strip().removeprefix("?")] = value
    return values


def _question(
    source: str | None, text: str | None, params: Iterable[str], version: int | None = None
) -> Question:
    """Return what is asked.

    Raises:
        UsageError: nothing is, or more than one thing; or the file cannot be read.
    """
    values = read_pairs(params)
    if (source is None) == (text is None):
        raise UsageError(
            "Give the name of a question, a FILE.rq or -e TEXT (one of them);"
            " 'clientgraph query --list' shows the questions."
        )
    if text is not None:
        return Question(text, "-e", values)
    assert source is not None  # noqa: S101 - one of the two is given
    path = Path(source)
    if source == "-" or path.suffix == ".rq" or len(path.parts) > 1:
        return Question(read_text(source), source, values)
    try:
        named = find_query(source, load_catalog())
    except UsageError:
        kept = None if current_server() else _kept_text(source, version)
        if kept is None:
            raise
        return Question(kept, source, values)
    return Question(named.text, named.name, values, named)


def _kept_text(name: str, version: int | None) -> str | None:
    """Return the text of a query that a user keeps, None where there is none."""
    with opened_store() as store:
        kept = find_kept(store, name)
    return kept.version(version).text if kept else None


def _list_questions(name: str) -> None:
    if name not in TABLE_FORMATS:
        raise UsageError(f"The list of questions has no format {name!r}; choose table, csv, json.")
    rows = [
        [one.name, one.id, one.titles["en"], one.titles["fr"], " ".join(_signature(one))]
        for one in load_catalog().values()
    ]
    write_table(["name", "id", "title_en", "title_fr", "parameters"], rows, name)


def _signature(question: NamedQuery) -> Iterator[str]:
    for one in question.parameters:
        yield one.name if one.required else f"[{one.name}]"


def _ask(server: Server, question: Question, name: str | None, seconds: float) -> HTTPResponse:
    """Send a question to a server, by its name when it has one."""
    accept = _accepted(name)
    if question.named:
        question.bindings()  # says at once what is wrong with a parameter
        return server.ask_named(question.named.name, question.values, seconds, accept)
    if question.values:
        raise UsageError("--param works with --url for named questions only.")
    return server.ask(question.text, seconds, accept)


def _accepted(name: str | None) -> str:
    """Return what to accept: one format, or what a table can be made of, or else a graph."""
    if name in _FORMATS:
        known = (*BINDING_FORMATS, *GRAPH_FORMATS, *FILE_FORMATS)
        return ", ".join(one.media_type for one in known if one.name == name)
    return f"{_FORMATS['json'].media_type}, {_FORMATS['turtle'].media_type};q=0.5"


def _write_response(response: HTTPResponse, name: str | None) -> None:
    """Write a server's answer as it comes; as a table when no other format was asked for."""
    answered = response.headers.get_content_type()
    if name in (None, "table") and answered in _json_types(_FORMATS["json"]):
        _write_json_as_table(json.load(response))
    else:
        write_chunks(iter(lambda: response.read(1 << 16), b""))


def _json_types(json_format: Format) -> tuple[str, ...]:
    return json_format.media_types


def _write_json_as_table(document: dict[str, Any]) -> None:
    """Write SPARQL JSON results (https://www.w3.org/TR/sparql11-results-json/) for people."""
    if "boolean" in document:
        click.echo("yes" if document["boolean"] else "no")
        return
    variables = document["head"]["vars"]
    rows = [
        [row[name]["value"] if name in row else None for name in variables]
        for row in document["results"]["bindings"]
    ]
    write_table(variables, rows, "table")
