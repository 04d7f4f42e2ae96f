"""Solutions as text in a result format, made by the engine: one line, or object, a solution.

What is written here is, byte for byte, what the writers of `kg.sparql.formats` write; those serve
answers that do not come from SQL, and small ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from json.encoder import encode_basestring as quoted

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.modifiers import sort
from kg.sparql.relation import Relation, layer
from kg.sparql.sql import Expr
from kg.sparql.statements import term_columns
from kg.sparql.values import ANY, NUMERIC, RESOURCES, TEMPORAL, Kinds
from kg.store import Kind
from kg.store.typing import XSD_STRING

_Writer = Callable[[Expr], Expr]

FORMATS = ("csv", "json")
"""Formats that are written here."""

# No lexical form of these kinds holds a character with a meaning in any format.
_HARMLESS: Kinds = NUMERIC | TEMPORAL | {Kind.BOOLEAN}
_PLAIN_LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?"
_NAMED_CONTROLS = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}


class _Term:
    """The term columns of a variable, and the kinds that it may have."""

    def __init__(self, columns: dict[str, Expr], kinds: Kinds) -> None:
        self.columns = columns
        self.kinds = kinds

    def among(self, *kinds: Kind) -> Expr:
        """Return the condition that the term is of one of some kinds."""
        possible = self.kinds.intersection(kinds)
        return sql.in_numbers(self.columns["k"], sorted(int(kind) for kind in possible))

    def text(self, escaped: _Writer, plain: _Writer = lambda text: text) -> Expr:
        """Return the lexical form, or the label of a blank node, as it is written.

        `escaped` writes what may hold characters with a meaning, `plain` what cannot.
        """
        lex = self.columns["lex"]
        text = plain(lex) if self.kinds <= _HARMLESS else escaped(lex)
        if Kind.BLANK in self.kinds:
            text = sql.case([(self.among(Kind.BLANK), plain(_label(lex)))], text)
        return text


def _label(lex: Expr) -> Expr:
    """Return the label of a blank node as all formats accept it."""
    label = sql.call("regexp_replace", lex, sql.string("^_:"), sql.string(""))
    plain = sql.both(
        sql.call("regexp_full_match", label, sql.string(_PLAIN_LABEL)),
        sql.negation(sql.call("starts_with", label, sql.string("x-"))),
    )
    coded = sql.concat(sql.string("x-"), sql.call("lower", sql.call("hex", label)))
    return sql.case([(plain, label)], coded)


def line_query(
    context: Context, relation: Relation, variables: Sequence[str], name: str
) -> exp.Query:
    """Return the statement with one column of text, a solution a row, in the order asked for."""
    side = layer(context, relation)
    query = sql.select([], sql.subquery(relation.query, side.alias))
    terms = []
    for variable in variables:
        columns = term_columns(context, query, side, variable)
        shape = relation.shapes.get(variable)
        terms.append(_Term(columns, shape.traits.kinds if shape else ANY))
    line = {"csv": _csv, "json": _json}[name](variables, terms)
    query.append("expressions", sql.alias(line, "line"))
    sort(query, relation.order, side.alias)
    return query


def _text(character: str) -> Expr:
    if character < " ":
        return sql.call("chr", sql.number(ord(character)))
    return sql.string(character)


def _csv(_variables: Sequence[str], terms: Sequence[_Term]) -> Expr:
    parts: list[Expr] = []
    for term in terms:
        field = term.text(_csv_field)
        if Kind.BLANK in term.kinds:
            mark = sql.case([(term.among(Kind.BLANK), sql.string("_:"))], sql.string(""))
            field = sql.concat(mark, field)
        parts += [sql.call("coalesce", field, sql.string("")), sql.string(",")]
    end = sql.concat(_text("\r"), _text("\n"))
    return sql.concat(*parts[:-1], end) if parts else end


def _csv_field(lex: Expr) -> Expr:
    needs = sql.either(*(sql.call("contains", lex, _text(character)) for character in '",\r\n'))
    inner = sql.call("replace", lex, sql.string('"'), sql.string('""'))
    return sql.case([(needs, _in_quotes(inner))], lex)


def _json(variables: Sequence[str], terms: Sequence[_Term]) -> Expr:
    members = [_json_member(name, term) for name, term in zip(variables, terms, strict=True)]
    inner = sql.call("concat_ws", sql.string(","), *members) if members else sql.string("")
    return sql.concat(sql.string("{"), inner, sql.string("}"))


def _json_member(name: str, term: _Term) -> Expr:
    """Return a member of the object of a solution, NULL for an unbound variable."""
    kinds = {Kind.IRI: "uri", Kind.BLANK: "bnode"}
    types = [(term.among(kind), sql.string(kinds[kind])) for kind in kinds if kind in term.kinds]
    return sql.concat(
        sql.string(f'{quoted(name)}:{{"type":"'),
        sql.case(types, sql.string("literal")) if types else sql.string("literal"),
        sql.string('","value":'),
        term.text(_json_string, _in_quotes),
        _json_ending(term),
    )


def _json_ending(term: _Term) -> Expr:
    """Return what follows the value: language or datatype, where they are written."""
    dt, lang = term.columns["dt"], term.columns["lang"]
    bare: Kinds = RESOURCES | {Kind.STRING}
    if term.kinds <= bare:
        return sql.string("}")
    plain = sql.either(term.among(*bare), sql.eq(dt, sql.string(XSD_STRING)))
    cases = [(plain, sql.string("}"))]
    if Kind.LANG in term.kinds:
        tagged = sql.concat(sql.string(',"xml:lang":'), _json_string(lang), sql.string("}"))
        cases.insert(0, (sql.is_not_null(lang), tagged))
    typed = sql.concat(sql.string(',"datatype":'), _json_string(dt), sql.string("}"))
    return sql.case(cases, typed)


def _in_quotes(text: Expr) -> Expr:
    return sql.concat(sql.string('"'), text, sql.string('"'))


def _json_string(text: Expr) -> Expr:
    """Return a text in quotes with the escapes that Python's own writer makes."""
    written = sql.cast(sql.call("to_json", text), "VARCHAR")
    # The engine has capital letters in the escapes of some control characters.
    controls = [(chr(code), _NAMED_CONTROLS.get(code, f"\\u{code:04x}")) for code in range(32)]
    escaped = text
    for character, escape in [("\\", "\\\\"), ('"', '\\"'), *controls]:
        escaped = sql.call("replace", escaped, _text(character), sql.string(escape))
    rare = sql.call("contains", written, sql.string("\\u00"))
    return sql.case([(rare, _in_quotes(escaped))], written)
