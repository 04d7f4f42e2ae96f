"""Codes that no concept of their scheme has: mistyped, most likely.

What is written as a concept of one of the project's schemes has to be one. The channel of an event
is free text, but a text that is nearly the code of a channel is told, too.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import pyoxigraph
from rdflib import SKOS, URIRef

from kg.ingest.codes import nearest
from kg.ingest.headers import folded
from kg.ingest.messages import meaning
from kg.ingest.report import LISTED, Finding, ImportReport
from kg.namespaces import CG, SCHEME
from kg.resources import folder
from kg.shacl import Doubt
from kg.store import Cursor, lookup_nodes
from kg.store.schema import place_of

KIND = "unknown code"
_NO_ID = -1
_NEARLY = 0.8
"""Likeness from which a free text is taken for a code that is mistyped."""
_FREE = {CG.channel: "channel"}
"""Properties whose free texts may be codes, with the scheme of the codes."""

_CONCEPTS = """
SELECT id, lex FROM term WHERE dt IS NULL AND starts_with(lex, $scheme) AND id NOT IN (
    SELECT s FROM live WHERE p = $within
)
"""
_TEXTS = """
SELECT DISTINCT t.id, t.lex FROM quad AS q JOIN term AS t ON t.id = q.o
WHERE q.born = $commit AND q.p = $p ORDER BY t.lex
"""
_PLACES = """
SELECT DISTINCT o, coalesce(origin, -1) AS origin FROM quad
WHERE born = $commit AND o IN (SELECT unnest($ids)) AND ($p IS NULL OR p = $p){certain}
ORDER BY origin, o
"""
_CERTAIN = " AND (s, p) NOT IN (SELECT (s, p) FROM ({pairs}))"


def check_codes(
    cursor: Cursor,
    commit: int,
    report: ImportReport,
    tables: Collection[int],
    doubt: Doubt | None = None,
) -> None:
    """Warn of each code that no concept has, row by row, but for those that are in doubt.

    `tables` are the positions in the report's files of the tables read, by their number.
    """
    check = _Check(cursor, commit, report, list(tables), doubt)
    check.concepts()
    for predicate, scheme in _FREE.items():
        check.texts(predicate, scheme)


class _Check:
    """The search for wrong codes in what one commit added."""

    def __init__(
        self,
        cursor: Cursor,
        commit: int,
        report: ImportReport,
        tables: list[int],
        doubt: Doubt | None,
    ) -> None:
        self._cursor = cursor
        self._commit = commit
        self._report = report
        self._tables = tables
        certain = "" if doubt is None else _CERTAIN.format(pairs=doubt.pairs)
        self._places = _PLACES.format(certain=certain)

    def concepts(self) -> None:
        """Tell of the IRIs in the namespace of the schemes that are no concept."""
        [within] = lookup_nodes(self._cursor, [SKOS.inScheme])
        values = {"scheme": str(SCHEME), "within": _NO_ID if within is None else within}
        wrong: dict[int, tuple[str, str]] = {}
        for number, iri in self._cursor.execute(_CONCEPTS, values).fetchall():
            scheme, _, code = str(iri).removeprefix(str(SCHEME)).partition("/")
            if code and code not in _codes().get(scheme, {}):
                wrong[number] = scheme, code
        self._tell(wrong, None)

    def texts(self, predicate: URIRef, scheme: str) -> None:
        """Tell of the texts of a property that are nearly a code of a scheme."""
        [number] = lookup_nodes(self._cursor, [predicate])
        if number is None:
            return
        known = _codes()[scheme]
        words = {folded(word) for code, labels in known.items() for word in (code, *labels)}
        values = {"commit": self._commit, "p": number}
        wrong = {
            term: (scheme, text)
            for term, text in self._cursor.execute(_TEXTS, values).fetchall()
            if folded(text) not in words and nearest(text, known, _NEARLY)
        }
        self._tell(wrong, number)

    def _tell(self, wrong: dict[int, tuple[str, str]], predicate: int | None) -> None:
        """Count all places of wrong codes and list the first ones."""
        if not wrong:
            return
        values = {"commit": self._commit, "ids": list(wrong), "p": predicate}
        places = self._cursor.execute(self._places, values).fetchall()
        if not places:
            return
        self._report.by_shape[KIND] = self._report.by_shape.get(KIND, 0) + len(places)
        self._report.count("warning", len(places))
        for term, origin in places[:LISTED]:
            scheme, code = wrong[term]
            file, row = self._place(origin)
            texts = unknown_code(scheme, code)
            self._report.list(Finding("warning", texts, file, row, value=code, kind=KIND))

    def _place(self, origin: int) -> tuple[str | None, int | None]:
        """Return the file and the row of a place; an RDF file has no rows."""
        number, row = place_of(max(origin, 0))
        position = self._tables[number] if number < len(self._tables) else number
        if origin < 0 or position >= len(self._report.files):
            return None, None
        return self._report.files[position].name, row or None


def unknown_code(scheme: str, code: str) -> dict[str, str]:
    """Return what is told of a code that no concept of a scheme has, by language."""
    known = _codes().get(scheme)
    if known is None:
        texts = {
            "en": f"There is no scheme {scheme!r} of codes.",
            "fr": f"Il n'y a pas de liste de codes {scheme!r}.",
        }
        meant = nearest(scheme, _codes())
    else:
        listed = ", ".join(sorted(known))
        texts = {
            "en": f"{code!r} is no code of {scheme!r}, which has {listed}.",
            "fr": f"{code!r} n'est pas un code de {scheme!r}, qui a {listed}.",
        }
        meant = nearest(code, known)
    return texts if meant is None else meaning(texts, meant)


@lru_cache(maxsize=1)
def _codes() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the codes of each scheme with their labels."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for path in sorted(folder("ontology").glob("[sv]*/*.ttl")):
        for triple in pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.TURTLE):
            subject = triple.subject
            if not isinstance(subject, pyoxigraph.NamedNode):
                continue
            scheme, _, code = subject.value.removeprefix(str(SCHEME)).partition("/")
            if not subject.value.startswith(str(SCHEME)) or not code:
                continue
            labels = found.setdefault(scheme, {}).setdefault(code, ())
            if triple.predicate.value in (str(SKOS.prefLabel), str(SKOS.altLabel)):
                found[scheme][code] = (*labels, triple.object.value)
    return found
