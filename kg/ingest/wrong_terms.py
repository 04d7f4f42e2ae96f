"""Words in the project's namespace that its vocabulary does not have: mistyped, most likely.

RDF files and mapping documents of one's own may name any property and class; what the vocabulary
does not have is read by no rule, question or analysis.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

import pyoxigraph

from kg.ingest.report import Finding, ImportReport
from kg.namespaces import CG, RDF
from kg.resources import folder
from kg.store import Cursor, lookup
from kg.store.schema import place_of

KIND = "unknown term"
_LIKE = 0.7
"""Likeness from which a known term is proposed for another one."""
_NO_ID = -1

_NAMED = """
SELECT t.lex, min(n.origin) FROM (
    SELECT p AS id, min(origin) AS origin FROM quad WHERE born = $commit GROUP BY p
    UNION ALL
    SELECT o, min(origin) FROM quad WHERE born = $commit AND p = $type GROUP BY o
) AS n JOIN term AS t ON t.id = n.id
WHERE starts_with(t.lex, $namespace) GROUP BY t.lex ORDER BY t.lex
"""


def check_terms(cursor: Cursor, commit: int, report: ImportReport) -> None:
    """Warn of each property and class in the project's namespace that is no term of it."""
    (type_,) = lookup(cursor, [(str(RDF.type), None, None)])
    values = {
        "commit": commit,
        "type": _NO_ID if type_ is None else type_,
        "namespace": str(CG),
    }
    rows = cursor.execute(_NAMED, values).fetchall()
    known = _known() if rows else frozenset()
    for iri, origin in rows:
        name = str(iri).removeprefix(str(CG))
        if name not in known:
            file, _ = place_of(origin or 0)
            _tell(report, name, str(iri), file)


def _tell(report: ImportReport, name: str, iri: str, file: int) -> None:
    alike = get_close_matches(name, sorted(_known()), n=1, cutoff=_LIKE)
    meant_en, meant_fr = (
        (f" Did you mean cg:{alike[0]}?", f" Vouliez-vous dire cg:{alike[0]} ?")
        if alike
        else ("", "")
    )
    report.by_shape[KIND] = report.by_shape.get(KIND, 0) + 1
    report.count("warning", 1)
    report.list(
        Finding(
            severity="warning",
            message={
                "en": f"cg:{name} is no term of the vocabulary, and nothing will read it.{meant_en}"
                " 'clientgraph terms' lists the terms.",
                "fr": f"cg:{name} n'est pas un terme du vocabulaire, et rien ne le lira.{meant_fr}"
                " « clientgraph terms » donne les termes.",
            },
            file=report.files[file].name if file < len(report.files) else None,
            value=iri,
            kind=KIND,
        )
    )


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """Return the names of the terms of the vocabulary, without their namespace."""
    subjects = (
        triple.subject.value
        for path in (folder("ontology") / "vocabulary").glob("*.ttl")
        for triple in pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.TURTLE)
        if isinstance(triple.subject, pyoxigraph.NamedNode)
    )
    return frozenset(s.removeprefix(str(CG)) for s in subjects if s.startswith(str(CG)))
