"""Named parameter sets kept in the graph: once saved, a name always means the same values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from rdflib import URIRef

from kg.errors import UsageError
from kg.lifecycle.facts import Fact, iri, literal, text
from kg.lifecycle.parameters import RULE_VERSION, Parameters, parameters_from
from kg.namespaces import CG, GRAPH, ID, RDF, RDFS, XSD
from kg.store import Cursor, Store, lookup_nodes

SETS_GRAPH = str(GRAPH["parameter-sets"])
"""Named graph of the sets that were saved."""

_DEFAULT = Parameters().name
"""The name of the set that is there without being saved."""

_READERS: dict[str, Any] = {
    str(XSD.integer): int,
    str(XSD.decimal): float,
    str(XSD.boolean): lambda lexical: lexical == "true",
}


def save_parameters(store: Store, parameters: Parameters, *, agent: str = "") -> int:
    """Keep a set under its name; return the commit, 0 when it was there already.

    Raises:
        UsageError: the name stands for other values.
    """
    with store.write(agent=agent, activity="parameters", note=parameters.name) as tx:
        known = _named(tx.cursor, parameters.name)
        if known is None and parameters.name == _DEFAULT:
            known = Parameters()
        if known is not None:
            tx.rollback()
            if known.iri != parameters.iri:
                raise UsageError(
                    f"The parameter set {parameters.name!r} is there with other values, and a"
                    " saved set never changes. Choose another name."
                )
            return 0
        tx.insert_few([(*fact, SETS_GRAPH) for fact in parameter_facts(parameters)])
        return tx.number


def saved_parameters(cursor: Cursor) -> list[Parameters]:
    """Return the sets that were saved, in the order of their names."""
    ids = _ids(cursor)
    rows = cursor.execute(
        "SELECT name.lex FROM live AS q JOIN term AS name ON name.id = q.o"
        " WHERE q.p = $label AND q.g = $graph"
        " AND q.s IN (SELECT s FROM live WHERE p = $type AND o = $set) ORDER BY 1",
        {name: ids[name] for name in ("label", "graph", "type", "set")},
    ).fetchall()
    return [named_parameters(cursor, row[0]) for row in dict.fromkeys(rows)]


def named_parameters(cursor: Cursor, name: str) -> Parameters:
    """Return the saved set of a name; `default` is that of section 2 unless one is saved so.

    Raises:
        UsageError: no set has this name.
    """
    found = _named(cursor, name) or (Parameters() if name == _DEFAULT else None)
    if found is None:
        raise UsageError(
            f"No parameter set is called {name!r}; give a file, or save it with"
            " 'clientgraph params save'."
        )
    return found


def read_parameters(cursor: Cursor, given: str) -> Parameters:
    """Return the set that a text stands for: a JSON object of values, or the name of a saved set.

    Raises:
        UsageError: it is neither, or the set is not valid.
    """
    if not given.startswith("{"):
        return named_parameters(cursor, given)
    try:
        return parameters_from(json.loads(given))
    except (ValueError, RecursionError):
        raise UsageError(
            'The parameters are no JSON object; give one like {"D_act": 400}, or the name of a'
            " set saved with 'clientgraph params save'."
        ) from None


def parameter_facts(parameters: Parameters) -> Iterator[Fact]:
    """Yield what is said of a set in RDF: its name, the version of the rules, its settings."""
    this = parameters.iri
    yield iri(this, RDF.type, CG.ParameterSet)
    yield text(this, RDFS.label, parameters.name)
    yield iri(this, CG.ruleVersion, rule_version())
    yield iri(rule_version(), RDF.type, CG.RuleVersion)
    yield text(rule_version(), RDFS.label, RULE_VERSION)
    for name, value in parameters.as_mapping().items():
        if value is not None:
            yield from _setting(this, name, value)


def rule_version() -> str:
    """Return the IRI of the version of the rules."""
    return str(ID[f"rule-version/{RULE_VERSION}"])


def _setting(this: str, name: str, value: Any) -> Iterator[Fact]:
    """Yield a setting of a set: the same value of a parameter is one node for all sets."""
    # Exact digits: the shortest decimal that reads back as the same number.
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    setting = str(ID[f"parameter-setting/{name}-{quote(str(exact))}"])
    yield iri(this, CG.hasSetting, setting)
    yield iri(setting, RDF.type, CG.ParameterSetting)
    yield text(setting, CG.parameterName, name)
    yield literal(setting, CG.parameterValue, exact)


def _named(cursor: Cursor, name: str) -> Parameters | None:
    """Return the saved set of a name, if there is one."""
    ids = _ids(cursor)
    rows = cursor.execute(
        """
        SELECT DISTINCT n.lex, v.lex, v.dt FROM live AS q
        JOIN live AS m ON m.s = q.o AND m.p = $name_of JOIN term AS n ON n.id = m.o
        JOIN live AS w ON w.s = q.o AND w.p = $value_of JOIN term AS v ON v.id = w.o
        WHERE q.p = $setting AND q.s IN (
            SELECT l.s FROM live AS l JOIN term AS t ON t.id = l.o
            WHERE l.p = $label AND l.g = $graph AND t.lex = $name
        )
        """,
        {
            **{key: ids[key] for key in ("label", "graph", "setting", "name_of", "value_of")},
            "name": name,
        },
    ).fetchall()
    if not rows:
        return None
    values = {key: _READERS.get(datatype, str)(lexical) for key, lexical, datatype in rows}
    return parameters_from(values, name)


def _ids(cursor: Cursor) -> dict[str, int]:
    """Return the ids of the terms that the statements name; -1 for one never stored."""
    terms = {
        "label": RDFS.label,
        "graph": URIRef(SETS_GRAPH),
        "type": RDF.type,
        "set": CG.ParameterSet,
        "setting": CG.hasSetting,
        "name_of": CG.parameterName,
        "value_of": CG.parameterValue,
    }
    found = lookup_nodes(cursor, terms.values())
    return {name: -1 if one is None else one for name, one in zip(terms, found, strict=True)}
