"""The quads of INSERT DATA and DELETE DATA, read by a parser of RDF.

A block of data is TriG but for a few full stops. Its parser reads a hundred thousand triples in
the time in which the parser of the grammar reads a few hundred, and keeps lexical forms.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph

from kg.sparql.requests import Part
from kg.sparql.tokens import tokens
from kg.store.few import Row
from kg.store.rdf import quad_row


def rows_of(part: Part) -> list[Row] | None:
    """Return the quads of a block of data; None where it has a form that TriG does not have.

    Raises:
        RdfSyntaxError: a term is of RDF 1.2.
    """
    text = "".join([part.prologue, *_trig(part.text)])
    try:
        quads = list(pyoxigraph.parse(text, pyoxigraph.RdfFormat.TRIG))
    except (SyntaxError, ValueError):
        return None
    return [quad_row(quad) for quad in quads]


def _trig(text: str) -> Iterator[str]:
    """Yield pieces of text that together are a block of data as TriG has it.

    There, triples outside a graph end with a full stop, and a graph does not.
    """
    depth, kept, last = 0, 0, ""
    for token in tokens(text):
        if token.lastgroup == "comment":
            continue
        sign = token.group() if token.lastgroup == "sign" else ""
        if sign == "{" and depth == 0:
            kept = token.end()
        elif depth == 1:
            ends = sign == "}" or (token.lastgroup == "word" and token.group().upper() == "GRAPH")
            if ends and last not in ("{", "}", "."):
                yield text[kept : token.start()] + " . "
                kept = token.start()
            if sign == "}":
                yield text[kept : token.start()]
            elif sign == "." and last == "}":
                yield text[kept : token.start()]
                kept = token.end()
                continue
        depth += (sign == "{") - (sign == "}")
        last = sign or "term"
