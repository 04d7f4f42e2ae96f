"""Constraints on one value node at a time, as SQL conditions that a violating value meets.

A condition reads columns of the relation `v`: focus, value and the term columns it asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

from rdflib import RDF, SH, XSD, URIRef
from sqlglot import exp

from kg.errors import UnsupportedShapeError
from kg.shacl.compare import column_side, constant_side, is_wide, less, text_columns
from kg.shacl.kept import check_pattern
from kg.shacl.kinds import kinds_of
from kg.shacl.model import (
    And,
    Bound,
    ConformsTo,
    Constraint,
    Datatype,
    HasClass,
    LanguageIn,
    Length,
    NodeKind,
    Not,
    OneOf,
    Or,
    Path,
    Pattern,
    Shape,
)
from kg.shacl.patterns import translate
from kg.shacl.session import Session
from kg.shacl.sql import fill, text
from kg.store import EngineError, Kind

LITERALS = tuple(kind for kind in Kind if kind not in {Kind.BLANK, Kind.IRI})


@dataclass(frozen=True, slots=True)
class Condition:
    """What a violating value meets: SQL over `v`, and the term columns it needs."""

    sql: exp.Expr
    columns: tuple[str, ...] = ()


NEVER = Condition(exp.false())
"""The condition that no value meets."""


@singledispatch
def condition(constraint: Constraint, session: Session, path: Path | None) -> Condition | None:
    """Return the condition of a violating value; None if the constraint is of another sort."""
    return None


@condition.register
def _has_class(constraint: HasClass, session: Session, path: Path | None) -> Condition:
    return Condition(
        fill(
            "NOT EXISTS (SELECT 1 FROM live AS i"
            " WHERE i.s = v.value AND i.p = :type AND :is_instance)",
            type=session.type_id,
            is_instance=session.is_below("o", "i", session.id(constraint.iri)),
        )
    )


_OWN_KIND = {
    XSD.string: Kind.STRING,
    RDF.langString: Kind.LANG,
    XSD.boolean: Kind.BOOLEAN,
    XSD.decimal: Kind.DECIMAL,
    XSD.float: Kind.FLOAT,
    XSD.double: Kind.DOUBLE,
    XSD.dateTime: Kind.DATETIME,
    XSD.date: Kind.DATE,
    XSD.time: Kind.TIME,
    XSD.gYearMonth: Kind.YEARMONTH,
    XSD.gYear: Kind.YEAR,
}
"""Datatypes that the kind of a term says without its datatype's IRI."""


@condition.register
def _datatype(constraint: Datatype, session: Session, path: Path | None) -> Condition:
    kind = _OWN_KIND.get(constraint.iri)
    if kind is not None:
        return _kind_among((kind,), session, path)
    sql = fill(
        "v.dt IS DISTINCT FROM :datatype OR v.kind = :ill",
        datatype=text(constraint.iri),
        ill=int(Kind.ILL),
    )
    return Condition(sql, ("kind", "dt"))


_NODE_KINDS: dict[URIRef, tuple[Kind, ...]] = {
    SH.BlankNode: (Kind.BLANK,),
    SH.IRI: (Kind.IRI,),
    SH.BlankNodeOrIRI: (Kind.BLANK, Kind.IRI),
    SH.Literal: LITERALS,
    SH.BlankNodeOrLiteral: (Kind.BLANK, *LITERALS),
    SH.IRIOrLiteral: (Kind.IRI, *LITERALS),
}


@condition.register
def _node_kind(constraint: NodeKind, session: Session, path: Path | None) -> Condition:
    return _kind_among(_NODE_KINDS[constraint.iri], session, path)


def _kind_among(allowed: tuple[Kind, ...], session: Session, path: Path | None) -> Condition:
    """Return the condition of a value that is of no kind allowed."""
    kinds = kinds_of(session, path)
    if kinds is not None and kinds <= set(allowed):
        return NEVER
    return Condition(fill("NOT v.kind IN (:kinds)", kinds=[*map(int, allowed)]), ("kind",))


@condition.register
def _bound(constraint: Bound, session: Session, path: Path | None) -> Condition:
    limit = session.typed(constraint.limit)
    value, bound = column_side("v"), constant_side(limit)
    wide = is_wide(limit) or session.is_wide(path)
    kinds = kinds_of(session, path), frozenset({limit.kind})
    columns = text_columns(*kinds, wide=wide)
    if "lex" not in columns:
        # The texts are compared where both sides are of kinds that have an order of texts.
        value["lex"] = bound["lex"]
    left, right = (value, bound) if constraint.operator.startswith("<") else (bound, value)
    kept = less(
        left,
        right,
        or_equal=constraint.operator.endswith("="),
        wide=wide,
        kinds=kinds if left is value else kinds[::-1],
    )
    return Condition(exp.Not(this=kept), ("kind", "num", "dbl", "ts", "tz", *columns))


@condition.register
def _length(constraint: Length, session: Session, path: Path | None) -> Condition:
    comparison = "<" if constraint.operator == ">=" else ">"
    sql = fill(
        f"v.kind = :blank OR length(v.lex) {comparison} :number",
        blank=int(Kind.BLANK),
        number=constraint.number,
    )
    return Condition(sql, ("kind", "lex"))


@condition.register
def _pattern(constraint: Pattern, session: Session, path: Path | None) -> Condition:
    regex = translate(constraint.regex, constraint.flags)
    try:
        check_pattern(session.cursor, regex)
    except EngineError as error:
        raise UnsupportedShapeError(
            f"The pattern {constraint.regex!r} (sh:pattern) cannot be compiled: {error}. Write it"
            " without look-around and back references."
        ) from error
    sql = fill(
        "v.kind = :blank OR NOT regexp_matches(v.lex, :regex)",
        blank=int(Kind.BLANK),
        regex=text(regex),
    )
    return Condition(sql, ("kind", "lex"))


@condition.register
def _language_in(constraint: LanguageIn, session: Session, path: Path | None) -> Condition:
    # Basic filtering of RFC 4647, which langMatches refers to.
    matches: list[exp.Expr] = []
    for each in constraint.ranges:
        tag = each.lower()
        if tag == "*":
            matches.append(fill("v.lang <> ''"))
        else:
            template = "lower(v.lang) = :tag OR starts_with(lower(v.lang), :prefix)"
            matches.append(fill(template, tag=text(tag), prefix=text(tag + "-")))
    any_match = exp.or_(*matches, copy=False) if matches else exp.false()
    return Condition(fill("NOT coalesce(:match, FALSE)", match=any_match), ("lang",))


@condition.register
def _one_of(constraint: OneOf, session: Session, path: Path | None) -> Condition:
    members = session.ids(constraint.members)
    return Condition(fill("NOT coalesce(v.value IN (:members), FALSE)", members=members))


# --- Constraints over shapes of the value node itself ---------------------------------------------


@condition.register(And)
@condition.register(ConformsTo)
def _all_of(constraint: And | ConformsTo, session: Session, path: Path | None) -> Condition | None:
    return _any_holds([_violation(each, session, path) for each in constraint.members])


@condition.register
def _any_of(constraint: Or, session: Session, path: Path | None) -> Condition | None:
    several = [_violation(each, session, path) for each in constraint.members]
    found = [each for each in several if each is not None]
    if not found or len(found) < len(several):
        return None
    if any(each is NEVER for each in found):
        return NEVER
    return _joined(exp.and_(*(exp.Paren(this=each.sql) for each in found), copy=False), found)


@condition.register
def _none_of(constraint: Not, session: Session, path: Path | None) -> Condition | None:
    found = _violation(constraint.members[0], session, path)
    if found is None:
        return None
    return Condition(exp.Not(this=exp.Paren(this=found.sql.copy())), found.columns)


def _violation(shape: Shape, session: Session, path: Path | None) -> Condition | None:
    """Return the condition of a value that does not conform to a shape; None if it reads more.

    Instances of classes are looked for among the values that are left, which takes a statement.
    """
    if shape.path is not None or any(isinstance(one, HasClass) for one in shape.constraints):
        return None
    return _any_holds([condition(each, session, path) for each in shape.constraints])


def _any_holds(several: Sequence[Condition | None]) -> Condition | None:
    """Return the condition that one of several holds; None where one of them is not known."""
    if any(each is None for each in several):
        return None
    found = [each for each in several if each is not None and each is not NEVER]
    if not found:
        return NEVER
    return _joined(exp.or_(*(exp.Paren(this=each.sql) for each in found), copy=False), found)


def _joined(sql: exp.Expr, parts: Sequence[Condition]) -> Condition:
    """Return a condition that reads what its parts read."""
    columns = dict.fromkeys(name for each in parts for name in each.columns)
    return Condition(sql, tuple(columns))
