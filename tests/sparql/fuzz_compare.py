"""Whether answers are the same, as far as the specification decides them."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from urllib.parse import quote

import pyoxigraph as ox
from fuzz_data import XSD, Quad, Term
from oracles import Answer

from kg.store.typing import INTEGER_RANGES

_INTEGERS = {XSD + name for name in INTEGER_RANGES}
_FLOATING = {XSD + "double": ".12g", XSD + "float": ".6g"}
_TIMES = {XSD + name for name in ("dateTime", "time", "date", "gYear", "gYearMonth")}

Comparable = tuple[str, object]


def comparable(answer: Answer, text: str, quads: list[Quad]) -> Comparable:
    """Return an answer so that what must be equal is equal, whichever engine gave it.

    Engines rewrite lexical forms and forget derived datatypes; they add floating numbers in
    different orders. Which of equal values MIN takes, which rows LIMIT takes where terms of
    several kinds are sorted, how often REDUCED gives a row, and in which order GROUP_CONCAT puts
    texts, is not specified. An `order by` in lower case decides between any two solutions without
    a blank node, and so does the order of what a `limit` in lower case cuts.
    """
    if answer.form == "ask":
        return "ask", answer.boolean
    if "LIMIT" in text:
        return "limited", len(answer.rows)
    # No order decides between blank nodes, so a `limit` may take any of them.
    kept = () if re.search(r"\b(limit|OFFSET)\b", text) else quads
    labels = {term[0] for quad in kept for term in (quad[0], quad[2]) if term[1] is None}
    coarse = bool(re.search(r"\b(MIN|MAX|SAMPLE|DISTINCT)\b", text))
    mixed = "GROUP_CONCAT" in text
    if answer.form == "construct":
        return "construct", _canonical(answer, coarse=coarse, mixed=mixed)
    order = sorted(range(len(answer.variables)), key=answer.variables.__getitem__)
    rows = [
        tuple(_value(row[i], labels, coarse=coarse, mixed=mixed) for i in order)
        for row in answer.rows
    ]
    if "order by" in text and not any(_is_blank(term) for row in answer.rows for term in row):
        return "ordered", tuple(rows)
    counted = Counter(rows).items()
    return "select", frozenset(rows) if "REDUCED" in text else frozenset(counted)


def _value(term: Term | None, labels: set[str], *, coarse: bool, mixed: bool) -> object:
    if term is None:
        return None
    text, datatype, language = term
    if datatype is None:
        return ("", None) if text.startswith("_:") and text not in labels else (text, None)
    number = _number(text, datatype)
    if number is not None:
        family = XSD + "integer" if datatype in _INTEGERS else datatype
        return (number, None if coarse else family)
    if datatype == XSD + "boolean":
        return {"1": "true", "0": "false"}.get(text, text), datatype
    if datatype in _TIMES:
        text = re.sub(r"[+-]00:00$", "Z", re.sub(r"\.0+(?=\D|$)", "", text))
        text = re.sub(r"(\.[0-9]*[1-9])0+(?=\D|$)", r"\1", text)
    if mixed:
        text = "".join(sorted(text))
    return text, datatype, language.lower() if language else None


def _is_blank(term: Term | None) -> bool:
    return term is not None and term[1] is None and term[0].startswith("_:")


def _number(text: str, datatype: str) -> str | None:
    """Return one text for all forms of a number, None for what is none."""
    try:
        if datatype in _INTEGERS:
            return f"{Decimal(int(text)):.15e}"
        if datatype == XSD + "decimal":
            return f"{Decimal(text):.15e}"
        if datatype in _FLOATING:
            return f"{Decimal(format(float(text) + 0.0, _FLOATING[datatype])):.15e}"
    except (ValueError, InvalidOperation, OverflowError):
        pass
    return None


def _canonical(answer: Answer, *, coarse: bool, mixed: bool) -> frozenset[object]:
    """Return triples with blank nodes named by their place in the graph."""
    data = ox.Dataset()
    for row in answer.rows:
        nodes = [_node(term, coarse=coarse, mixed=mixed) for term in row]
        data.add(ox.Quad(*nodes))  # type: ignore[arg-type]
    data.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return frozenset(map(str, data))


def _node(
    term: Term | None, *, coarse: bool, mixed: bool
) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    assert term is not None
    if term[1] is None:
        text = term[0]
        # What an engine takes for an IRI need not be one.
        return ox.BlankNode(text[2:]) if text.startswith("_:") else ox.NamedNode("x:" + quote(text))
    return ox.Literal(repr(_value(term, set(), coarse=coarse, mixed=mixed)))
