"""Numbers of rdflib's literals, exact where XSD's are."""

from __future__ import annotations

import re
import struct
from decimal import Decimal
from typing import Any

from rdflib import Literal
from rdflib.plugins.sparql.sparql import SPARQLError

from kg.namespaces import XSD
from kg.store.typing import INTEGER_RANGES

_EXACT = {XSD[name] for name in INTEGER_RANGES} | {XSD.decimal}
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_DOUBLE = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN")


def number_of(term: Any) -> Decimal | float:
    """Return the number that a literal stands for: a Decimal, or a float for float and double.

    Raises:
        SPARQLError: it is no number.
    """
    if isinstance(term, Literal):
        text = str(term)
        if term.datatype in _EXACT and _DECIMAL.fullmatch(text) and not term.ill_typed:
            return Decimal(text)
        if term.datatype in (XSD.double, XSD.float) and _DOUBLE.fullmatch(text):
            number = float(text.replace("INF", "inf"))
            if term.datatype == XSD.float:
                return float(struct.unpack("f", struct.pack("f", number))[0])
            return number
    raise SPARQLError("no number")
