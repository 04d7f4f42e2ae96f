"""The rules of mappings, one for each predicate, object and graph: what they say, and depend on."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from kg.ingest.compile import Relation
from kg.ingest.mapping import Mapping, Rule, TermMap


@dataclass(frozen=True, slots=True)
class Dependence:
    """The columns of files that the quads of a rule depend on."""

    named_by: frozenset[str] = frozenset()
    """Those that tell which subjects there are."""
    reads: frozenset[str] = frozenset()
    """Those that decide what is said of a subject, and whether anything is."""
    beyond: frozenset[tuple[int, str]] = frozenset()
    """Those (file, name) of rows beside the one that the quads come from."""

    @classmethod
    def of(
        cls,
        relation: Relation,
        mapping: Mapping,
        rule: Rule,
        subject: TermMap,
        *terms: TermMap | str,
    ) -> Dependence:
        """Return what a rule depends on that makes quads of some terms."""
        values = [value for term in terms if isinstance(term, TermMap) for value in term.values()]
        values += [one for one in (mapping.condition, rule.condition) if one is not None]
        shown = itertools.chain.from_iterable(map(relation.shown, values))
        named = frozenset((*relation.shown(subject.value), *relation.grouped_by))
        return cls(named, frozenset((*shown, *relation.chosen_by)), relation.beyond)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A row of the table `rule`, the file it reads, and the columns that its objects come from."""

    predicate: str | None
    object: str | None
    datatype: str | None
    language: str | None
    graph: str | None
    file: int
    columns: tuple[str, ...]
    kin: int = -1
    """Number that rules about the same subjects share."""
    covers: bool = False
    """The file has all columns of the rule: no object means that there is none any more."""
    dated: bool = False
    """The object may be the time of the import."""
    groups: str | None = None
    """Table of the groups of rows that the quads come from, where they come from groups."""
    needs: Dependence = Dependence()
