"""The commands `terms` and `shapes`: what words mean here, and which rules concern them."""

from __future__ import annotations

import textwrap

import click

from kg.cli.output import TABLE_FORMATS, write_table
from kg.cli.session import language_option
from kg.errors import UsageError
from kg.terminology import Term, all_rules, derivations_of, load_terminology, rules_of

_TERM = ("term", "kind", "label", "definition", "notes", "examples", "sources", "iri")
_RULE = ("rule", "kind", "severity", "name", "description")
_LINKS = {
    "en": {"called": "also called", "parents": "broader", "children": "narrower"},
    "fr": {"called": "dit aussi", "parents": "plus large", "children": "plus étroit"},
}
_SHOWN = 12
"""Terms that are all explained; of more, those that are called exactly so."""

_format = click.option(
    "--format", "name", type=click.Choice(TABLE_FORMATS), default="table", show_default=True
)


@click.command("terms")
@click.argument("words", nargs=-1)
@_format
@language_option
def terms_command(words: tuple[str, ...], name: str, language: str) -> None:
    """Explain the terms in whose name, labels or definition all WORDS occur; without WORDS, all."""
    known = load_terminology()
    asked = " ".join(words)
    found = known.search(asked, language)
    if not found:
        raise UsageError(f"No term holds {asked!r}; use fewer or shorter words.")
    if name != "table":
        write_table(_TERM, (_fields(term, language) for term in found), name)
        return
    meant = found if len(found) <= _SHOWN else known.labelled(asked)
    click.echo("\n\n".join(_card(term, language) for term in meant))
    rest = [(term.name, term.kind, term.label(language)) for term in found if term not in meant]
    if rest:
        click.echo()
        write_table(_TERM[:3], rest, name)


@click.command("shapes")
@click.argument("term", required=False)
@_format
@language_option
def shapes_command(term: str | None, name: str, language: str) -> None:
    """List the rules that concern TERM, a name or a label: shapes, and rules of derivation.

    Without TERM, all of them.
    """
    iri = _term(term).iri if term else None
    rows = [
        (rule.id, "shape", rule.severity, rule.names[language], rule.descriptions[language])
        for rule in (rules_of(iri) if iri else all_rules())
    ]
    rows += [
        (rule.name, "derivation", "", rule.titles[language], rule.statements[language])
        for rule in derivations_of(iri)
    ]
    write_table(_RULE, rows, name)


def _term(given: str) -> Term:
    """Return the term of a name, an IRI or a label in either language.

    Raises:
        UsageError: there is none, or several have the label.
    """
    known = load_terminology()
    term = known.named(given.removeprefix("cg:")) or known.of_iri(given)
    if term is not None:
        return term
    found = known.labelled(given)
    if len(found) != 1:
        names = ", ".join(one.name for one in found)
        raise UsageError(
            f"Several terms are called {given!r}; give the name of one: {names}."
            if found
            else f"There is no term {given!r}; 'clientgraph terms {given}' looks for it."
        )
    return found[0]


def _fields(term: Term, language: str) -> tuple[str, ...]:
    several = (term.notes, term.examples)
    notes, examples = ("\n".join(texts.get(language, ())) for texts in several)
    definition = term.text(term.definitions, language)
    sources = ", ".join(term.sources)
    return (
        term.name, term.kind, term.label(language), definition, notes, examples, sources, term.iri,
    )  # fmt: skip


def _card(term: Term, language: str) -> str:
    """Return what is known of a term, as text."""
    other = term.label("en" if language == "fr" else "fr")
    head = f"{term.label(language)} ({other}) - {term.name}, {term.kind}"
    texts = [term.text(term.definitions, language), *term.notes.get(language, ())]
    texts += [
        f"{_LINKS[language][way]}: {', '.join(labels)}"
        for way, labels in _linked(term, language).items()
        if labels
    ]
    texts += [f"« {example} »" if language == "fr" else f'"{example}"'
              for example in term.examples.get(language, ())]  # fmt: skip
    lines = (
        textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="  ") for text in texts
    )
    return "\n".join([head, *lines])


def _linked(term: Term, language: str) -> dict[str, list[str]]:
    """Return other names of a term, and the labels of what is broader and narrower."""
    known = load_terminology()
    found = {"called": list(term.alternatives.get(language, ()))}
    for way in ("parents", "children"):
        others = [other for iri in term.links[way] if (other := known.of_iri(iri)) is not None]
        found[way] = [other.label(language) for other in others]
    return found
