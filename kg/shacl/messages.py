"""Messages of validation results: those of the shapes, else ones of ours in English and French."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rdflib import Literal, URIRef
from rdflib.term import Node

from kg.shacl.model import (
    And,
    Bound,
    Closed,
    ConformsTo,
    Constraint,
    Datatype,
    HasClass,
    HasValue,
    LanguageIn,
    Length,
    MaxCount,
    MinCount,
    NodeKind,
    Not,
    OneOf,
    Or,
    Path,
    Pattern,
    PropertyPair,
    Qualified,
    Shape,
    UniqueLang,
    Xone,
)
from kg.shacl.paths import path_text
from kg.shacl.query_model import Ask, QueryConstraint, Select

_TEXTS: dict[tuple[type[Constraint], str], tuple[str, str]] = {
    (HasClass, ""): ("not an instance of {0}", "n'est pas une instance de {0}"),
    (Datatype, ""): ("not a valid literal of {0}", "n'est pas un littéral valide de {0}"),
    (NodeKind, ""): ("not of the node kind {0}", "n'est pas un nœud de la sorte {0}"),
    (MinCount, ""): ("fewer values than {0}", "moins de {0} valeur(s)"),
    (MaxCount, ""): ("more values than {0}", "plus de {0} valeur(s)"),
    (Bound, ">"): ("not greater than {0}", "n'est pas supérieur à {0}"),
    (Bound, ">="): ("less than {0}, or not comparable", "inférieur à {0} ou non comparable"),
    (Bound, "<"): ("not less than {0}", "n'est pas inférieur à {0}"),
    (Bound, "<="): ("greater than {0}, or not comparable", "supérieur à {0} ou non comparable"),
    (Length, ">="): ("shorter than {0} characters", "compte moins de {0} caractères"),
    (Length, "<="): ("longer than {0} characters", "compte plus de {0} caractères"),
    (Pattern, ""): ("does not match {0}", "ne correspond pas à {0}"),
    (LanguageIn, ""): ("not in one of the languages {0}", "n'est dans aucune des langues {0}"),
    (UniqueLang, ""): ("two values in one language", "deux valeurs dans une même langue"),
    (PropertyPair, "="): ("values differ from those of {0}", "valeurs différentes de {0}"),
    (PropertyPair, "disjoint"): ("also a value of {0}", "est aussi une valeur de {0}"),
    (PropertyPair, "<"): ("not less than {0}", "n'est pas inférieur à {0}"),
    (PropertyPair, "<="): ("greater than {0}, or not comparable", "dépasse {0} ou non comparable"),
    (Not, ""): ("conforms to a shape it must not have", "conforme à une forme exclue"),
    (And, ""): ("does not conform to every shape", "n'est pas conforme à toutes les formes"),
    (Or, ""): ("does not conform to any of the shapes", "n'est conforme à aucune des formes"),
    (Xone, ""): ("does not conform to exactly one shape", "n'est pas conforme à une seule forme"),
    (ConformsTo, ""): ("does not conform to {0}", "n'est pas conforme à {0}"),
    (Qualified, ">="): (
        "fewer than {0} values conform to the shape",
        "moins de {0} valeur(s) conforme(s) à la forme",
    ),
    (Qualified, "<="): (
        "more than {0} values conform to the shape",
        "plus de {0} valeur(s) conforme(s) à la forme",
    ),
    (Closed, ""): ("a property that is not allowed here", "propriété non admise ici"),
    (HasValue, ""): ("the value {0} is missing", "la valeur {0} manque"),
    (OneOf, ""): ("not one of {0}", "ne figure pas parmi {0}"),
    (Select, ""): ("a rule of the shape is not met", "une règle de la forme n'est pas respectée"),
    (Ask, ""): ("a rule of the shape is not met", "une règle de la forme n'est pas respectée"),
}
_VARIABLE = re.compile(r"\{[?$](\w+)\}")


def literals_of(shape: Shape, constraint: Constraint) -> tuple[Literal, ...]:
    """Return the messages as written: the SPARQL constraint's, the shape's, the component's."""
    if not isinstance(constraint, QueryConstraint):
        return shape.messages
    if constraint.node is not None:
        return constraint.messages or shape.messages
    return shape.messages or constraint.messages


def message(
    shape: Shape, constraint: Constraint, variables: Mapping[str, str | None]
) -> dict[str, str]:
    """Return the texts of a result by language tag, their `{?variable}` parts filled in."""
    literals = literals_of(shape, constraint)
    if not literals:
        return _default(shape.path, constraint)
    return {each.language or "": _filled(str(each), variables) for each in literals}


def variables_of(literals: Iterable[Literal]) -> list[str]:
    """Return the names of the variables that messages mention."""
    return sorted({name for each in literals for name in _VARIABLE.findall(str(each))})


def _filled(text: str, variables: Mapping[str, str | None]) -> str:
    """Return a message with the variables that have a value filled in."""
    return _VARIABLE.sub(lambda found: variables.get(found[1]) or found[0], text)


def _default(path: Path | None, constraint: Constraint) -> dict[str, str]:
    """Return a message that says which constraint was not met."""
    operator = str(getattr(constraint, "operator", ""))
    english, french = _TEXTS[type(constraint), operator]
    detail = _detail(constraint)
    subject = f"{_short(path_text(path))}: " if path else ""
    return {
        "en": f"{subject}{english.format(detail)}.",
        "fr": f"{subject}{french.format(detail)}.".replace(": ", " : ", 1 if subject else 0),
    }


def _detail(constraint: Constraint) -> str:
    """Return what the constraint's parameter says, in a few words."""
    match constraint:
        case HasClass(iri) | Datatype(iri) | NodeKind(iri):
            return _name(iri)
        case MinCount(number) | MaxCount(number) | Length(_, number) | Qualified(_, _, number):
            return str(number)
        case Bound(_, limit):
            return str(limit)
        case Pattern(regex, _):
            return regex
        case LanguageIn(ranges):
            return ", ".join(ranges)
        case PropertyPair(_, predicate):
            return _name(predicate)
        case ConformsTo(members):
            return _name(members[0].node)
        case HasValue(term):
            return _name(term)
        case OneOf(members):
            return _listed(members)
    return ""


def _listed(terms: Sequence[Node]) -> str:
    """Return the first terms of a list."""
    few = ", ".join(_name(term) for term in terms[:8])
    return few + (", ..." if len(terms) > 8 else "")


def _name(term: Node) -> str:
    """Return the last part of an IRI, or a literal's text."""
    return re.split(r"[#/]", str(term))[-1] or str(term) if isinstance(term, URIRef) else str(term)


def _short(text: str) -> str:
    """Return a path's text with the last part of each IRI."""
    return re.sub(r"<[^>]*[#/]([^>#/]+)>", r"\1", text)
