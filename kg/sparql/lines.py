"""Solutions as text in a result format, made by the engine: one line, or object, a solution.

What is written here is, byte for byte, what the writers of `kg.sparql.formats` write; those serve
answers that do not come from SQL, and small ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring as quoted

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.formats.xml_bindings import attribute
from kg.sparql.modifiers import sort
from kg.sparql.relation import Relation, layer
from kg.sparql.sql import Expr
from kg.sparql.statements import term_columns
from kg.sparql.values import ANY, NUMERIC, RESOURCES, TEMPORAL, Kinds
from kg.store import ODD_IN_IRI, Kind
from kg.store.typing import XSD_STRING

_Writer = Callable[[Expr], Expr]

FORMATS = ("csv", "json", "tsv", "xml")
"""Formats of solutions that are written here."""
GRAPH_FORMATS = ("nt",)
"""Formats of graphs that are written here; others are made of N-Triples."""

# No lexical form of these kinds holds a character with a meaning in any format.
_HARMLESS: Kinds = NUMERIC | TEMPORAL | {Kind.BOOLEAN}
_PLAIN_LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?"
_ABBREVIATED: dict[Kind, str] = {
    Kind.INTEGER: "[+-]?[0-9]+",
    Kind.DECIMAL: r"[+-]?[0-9]*\.[0-9]+",
    Kind.DOUBLE: r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+",
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPES |= {"\b": "\\b", "\f": "\\f"}
_RARE = r"[\x00-\x07\x0B\x0E-\x1F\x7F\x{FFFE}\x{FFFF}]"
_SPECIAL = r"[\x00-\x1F\x7F\x{FFFE}\x{FFFF}\"\\]"
"""What any escape is for: a look for all of them takes a fraction of a look for each."""
_RARE_ESCAPES = {
    chr(code): f"\\u{code:04X}" for code in (*range(8), 11, *range(14, 32), 127, 0xFFFE, 0xFFFF)
}
"""What N-Triples need not escape; pyoxigraph does."""
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_REFERENCES_OF_ATTRIBUTES = {**_REFERENCES, '"': "&quot;", "\t": "&#9;", "\n": "&#10;"}
_NAMED_CONTROLS = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}


class _Term:
    """The term columns of a variable, and the kinds that it may have."""

    def __init__(self, columns: dict[str, Expr], kinds: Kinds, *, sound: bool) -> None:
        """Take columns; `sound` tells that no IRI of theirs has to be escaped."""
        self.columns = columns
        self.kinds = kinds
        self.sound = sound

    def among(self, *kinds: Kind) -> Expr:
        """Return the condition that the term is of one of some kinds."""
        possible = self.kinds.intersection(kinds)
        return sql.in_numbers(self.columns["k"], sorted(int(kind) for kind in possible))

    def text(self, escaped: _Writer, iri: _Writer, plain: _Writer = lambda text: text) -> Expr:
        """Return the lexical form, or the label of a blank node, as it is written.

        `escaped` writes what may hold characters with a meaning, `plain` what cannot, and `iri` an
        IRI that holds none which no IRI does.
        """
        lex = self.columns["lex"]
        escaped = iri if self.sound and self.kinds <= RESOURCES else escaped
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
        sound = shape is not None and shape.stored and context.sound and not context.has_strangers
        terms.append(_Term(columns, shape.traits.kinds if shape else ANY, sound=sound))
    line = _LINES[name](variables, terms)
    query.append("expressions", sql.alias(line, "line"))
    sort(query, relation.order, side.alias)
    return query


def _line(*parts: Expr) -> Expr:
    """Return texts one after the other, NULL as no text.

    The engine makes it in one go, where it would copy what it has for each operator `||`.
    """
    return sql.call("concat", *parts)


def _text(character: str) -> Expr:
    if character < " ":
        return sql.call("chr", sql.number(ord(character)))
    return sql.string(character)


def _csv(_variables: Sequence[str], terms: Sequence[_Term]) -> Expr:
    parts: list[Expr] = []
    for term in terms:
        if Kind.BLANK in term.kinds:
            parts.append(sql.case([(term.among(Kind.BLANK), sql.string("_:"))]))
        parts += [term.text(_csv_field, _csv_iri), sql.string(",")]
    return _line(*parts[:-1], _text("\r"), _text("\n"))


def _csv_field(lex: Expr) -> Expr:
    needs = sql.either(*(sql.call("contains", lex, _text(character)) for character in '",\r\n'))
    inner = sql.call("replace", lex, sql.string('"'), sql.string('""'))
    return sql.case([(needs, _in_quotes(inner))], lex)


def _csv_iri(lex: Expr) -> Expr:
    """Return a field with an IRI: of what makes quotes necessary, it may hold a comma alone."""
    return sql.case([(sql.call("contains", lex, sql.string(",")), _in_quotes(lex))], lex)


def _json(variables: Sequence[str], terms: Sequence[_Term]) -> Expr:
    members = [_json_member(name, term) for name, term in zip(variables, terms, strict=True)]
    inner = sql.call("concat_ws", sql.string(","), *members) if members else sql.string("")
    return _line(sql.string("{"), inner, sql.string("}"))


def _json_member(name: str, term: _Term) -> Expr:
    """Return a member of the object of a solution, NULL for an unbound variable."""
    kinds = {Kind.IRI: "uri", Kind.BLANK: "bnode"}
    types = [(term.among(kind), sql.string(kinds[kind])) for kind in kinds if kind in term.kinds]
    member = _line(
        sql.string(f'{quoted(name)}:{{"type":"'),
        sql.case(types, sql.string("literal")) if types else sql.string("literal"),
        sql.string('","value":'),
        term.text(_json_string, _in_quotes, _in_quotes),
        _json_ending(term),
    )
    return sql.case([(sql.is_not_null(term.columns["lex"]), member)])


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
    return _line(sql.string('"'), text, sql.string('"'))


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


def _replaced(text: Expr, replacements: Mapping[str, str]) -> Expr:
    """Return a text with some characters replaced, one after the other."""
    for character, other in replacements.items():
        text = sql.call("replace", text, _text(character), sql.string(other))
    return text


def _tsv(_variables: Sequence[str], terms: Sequence[_Term]) -> Expr:
    parts: list[Expr] = []
    for term in terms:
        parts += [_turtle(term, abbreviated=True), _text("\t")]
    return _line(*parts[:-1], _text("\n"))


def _ntriples(_variables: Sequence[str], terms: Sequence[_Term]) -> Expr:
    subject, predicate, value = (_turtle(term, abbreviated=False) for term in terms)
    space = sql.string(" ")
    return _line(subject, space, predicate, space, value, sql.string(" ."), _text("\n"))


def _turtle(term: _Term, *, abbreviated: bool) -> Expr:
    """Return a term in Turtle's syntax, or in that of N-Triples, which abbreviates no numbers."""
    lex = term.columns["lex"]
    branches: list[tuple[Expr, Expr]] = []
    if Kind.IRI in term.kinds:
        branches.append((term.among(Kind.IRI), _in_angles(lex, sound=term.sound)))
    if Kind.BLANK in term.kinds:
        label = sql.concat(sql.string("_:"), _label(lex))
        branches.append((term.among(Kind.BLANK), label))
    if abbreviated:
        branches += [
            (sql.both(term.among(kind), sql.call("regexp_full_match", lex, sql.string(form))), lex)
            for kind, form in _ABBREVIATED.items()
            if kind in term.kinds
        ]
    text = lex
    if not term.kinds <= _HARMLESS | RESOURCES:
        escaped = _replaced(lex, _ESCAPES)
        if not abbreviated:
            rare = sql.call("regexp_matches", lex, sql.string(_RARE))
            escaped = sql.case([(rare, _replaced(escaped, _RARE_ESCAPES))], escaped)
        special = sql.call("regexp_matches", lex, sql.string(_SPECIAL))
        text = sql.case([(special, escaped)], lex)
    quoted_text = _in_quotes(text)
    if Kind.STRING in term.kinds:
        branches.append((term.among(Kind.STRING), quoted_text))
    if Kind.LANG in term.kinds:
        tag = term.columns["lang"]
        tagged = sql.concat(quoted_text, sql.string("@"), tag)
        branches.append((term.among(Kind.LANG), tagged))
    typed = sql.concat(quoted_text, sql.string("^^"), _in_angles(term.columns["dt"]))
    present = sql.is_not_null(term.columns["k"])
    return sql.case([*branches, (present, typed)])


def _in_angles(iri: Expr, *, sound: bool = False) -> Expr:
    """Return an IRI as it is written, with escapes for what no IRI should hold."""
    plain = _line(sql.string("<"), iri, sql.string(">"))
    if sound:
        return plain
    characters = ["\\", *map(chr, range(33)), *'<>"{}|^`']
    escapes = {character: f"\\u{ord(character):04X}" for character in characters}
    rare = sql.call("regexp_matches", iri, sql.string(ODD_IN_IRI))
    escaped = sql.concat(sql.string("<"), _replaced(iri, escapes), sql.string(">"))
    return sql.case([(rare, escaped)], plain)


def _xml(variables: Sequence[str], terms: Sequence[_Term]) -> Expr:
    parts = [_xml_binding(name, term) for name, term in zip(variables, terms, strict=True)]
    return _line(sql.string("<result>"), *parts, sql.string("</result>"), _text("\n"))


def _xml_binding(name: str, term: _Term) -> Expr:
    """Return the binding of a variable, NULL for an unbound one."""
    lex, dt = term.columns["lex"], term.columns["dt"]
    text = lex if term.kinds <= _HARMLESS else _replaced(lex, _REFERENCES)
    branches: list[tuple[Expr, Expr]] = []
    if Kind.IRI in term.kinds:
        branches.append((term.among(Kind.IRI), _element("uri", text)))
    if Kind.BLANK in term.kinds:
        branches.append((term.among(Kind.BLANK), _element("bnode", _label(lex))))
    if Kind.STRING in term.kinds:
        branches.append((term.among(Kind.STRING), _element("literal", text)))
    if Kind.LANG in term.kinds:
        tagged = _element("literal", text, "xml:lang", term.columns["lang"])
        branches.append((term.among(Kind.LANG), tagged))
    rare = term.among(Kind.OTHER, Kind.ILL)
    datatype = sql.case([(rare, _replaced(dt, _REFERENCES_OF_ATTRIBUTES))], dt)
    present = sql.is_not_null(term.columns["k"])
    branches.append((present, _element("literal", text, "datatype", datatype)))
    opening = sql.string(f"<binding name={attribute(name)}>")
    return sql.concat(opening, sql.case(branches), sql.string("</binding>"))


def _element(name: str, text: Expr, attribute_name: str = "", value: Expr | None = None) -> Expr:
    opening: list[Expr] = [sql.string(f"<{name}>")]
    if value is not None:
        opening = [sql.string(f'<{name} {attribute_name}="'), value, sql.string('">')]
    return sql.concat(*opening, text, sql.string(f"</{name}>"))


_LINES: dict[str, Callable[[Sequence[str], Sequence[_Term]], Expr]] = {
    "csv": _csv,
    "json": _json,
    "tsv": _tsv,
    "xml": _xml,
    "nt": _ntriples,
}
