"""Reading of mapping documents: YARRRML (https://rml.io/yarrrml/spec/) with extensions of ours.

Understood of YARRRML: `prefixes`; `sources` named and inline; `mappings` with `sources`,
`subjects`, `predicateobjects` (long and short forms), `graphs`, `condition`; templates, references,
constants; `type`, `datatype` and `language`, of the row too; `function` with `parameters`; joins,
by `mapping` and a `condition` `equal`; `external` values as `$(_name)`; `inversepredicates`; and
their short keys. Targets are refused by name, and so is every key that is not known: nothing is
skipped in silence.

Extensions:

- a call may be written in one line (see `kg.ingest.calls`);
- `graphs: personal` sends what follows to the personal graph of the import;
- `type: blank` makes a blank node, the same one for one value in all imports of a source;
- `datatype: partialDate` is `xsd:date`, `xsd:gYearMonth` or `xsd:gYear` by the value's length;
- a source may check its `cells` before anything is mapped (see `kg.ingest.mapping.Cell`); its
  headers then have French synonyms, and columns may be absent unless required;
- a source may be derived `from` another one; its steps apply in this order, all of them optional:
  `where` (a condition; rows for which it does not hold belong to other sources),
  `match` (columns of the row of another source with the `same` values and, if wanted, the `latest`
  not later one), `group by` (one row per combination of columns), `columns` (computed: a value, a
  call, `ordinal: [columns]`, `running: {total, by, order}`, or in a group `first`, `last`, `sum`,
  `min`, `max` of a column), and `set aside` (a list of `when` and `because: {en, fr}`: such rows
  are counted and reported).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from kg.errors import MappingError
from kg.ingest.mapping import Call, Document, Join, Mapping, Rule, Source, TermMap
from kg.ingest.mapping_sources import parse_source
from kg.ingest.mapping_terms import Terms, refuse_targets
from kg.ingest.places import Node, load_yaml
from kg.namespaces import PREFIXES

_DOCUMENT_KEYS = {
    "prefixes": "prefixes",
    "sources": "sources",
    "mappings": "mappings",
    "mapping": "mappings",
    "m": "mappings",
    "authors": "authors",
    "author": "authors",
    "a": "authors",
    "external": "external",
    "targets": "targets",
}
_MAPPING_KEYS = {
    "sources": "sources",
    "source": "sources",
    "subjects": "subjects",
    "subject": "subjects",
    "s": "subjects",
    "predicateobjects": "predicateobjects",
    "predicateobject": "predicateobjects",
    "po": "predicateobjects",
    "graphs": "graphs",
    "graph": "graphs",
    "g": "graphs",
    "condition": "condition",
    "conditions": "condition",
    "c": "condition",
}
_RULE_KEYS = {
    "predicates": "predicates",
    "predicate": "predicates",
    "p": "predicates",
    "inversepredicates": "inversepredicates",
    "inversepredicate": "inversepredicates",
    "i": "inversepredicates",
    "objects": "objects",
    "object": "objects",
    "o": "objects",
    "graphs": "graphs",
    "graph": "graphs",
    "g": "graphs",
    "condition": "condition",
    "conditions": "condition",
    "c": "condition",
}


def load_document(path: Path) -> Document:
    """Read a mapping document.

    Raises:
        MappingError: it is missing, not YAML, or says something that is not understood.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(
            f"The mapping document {path} cannot be read ({error}). Give a UTF-8 YAML file."
        ) from error
    return parse_document(content, path.name)


def parse_document(content: str, name: str, *, stored: bool = False) -> Document:
    """Read the text of a mapping document called `name`; `stored` is for those of quarantine.

    Raises:
        MappingError: it is not YAML, or says something that is not understood; names the place.
    """
    top = load_yaml(content, name)
    keys = top.entries(_DOCUMENT_KEYS)
    if "external" in keys:
        external = {key: node.text() for key, node in keys["external"].items()}
        keys = replace(top, external=external).entries(_DOCUMENT_KEYS)
    prefixes = dict(PREFIXES)
    if "prefixes" in keys:
        prefixes |= {key: node.text() for key, node in keys["prefixes"].items()}
    terms = Terms(prefixes, stored=stored)
    sources = {}
    if "sources" in keys:
        sources = {key: parse_source(key, node) for key, node in keys["sources"].items()}
    refuse_targets(keys)
    if "mappings" not in keys:
        raise top.error("there is no key 'mappings'; a document maps at least one thing")
    mappings = [
        one
        for key, node in keys["mappings"].items()
        for one in _mappings(key, node, terms, sources)
    ]
    _check_parents(sources.values(), top)
    _check_joins(mappings)
    return Document(name, tuple(sources.values()), tuple(mappings), content)


def _check_parents(sources: Iterable[Source], top: Node) -> None:
    """Refuse sources that build on sources that do not come before them."""
    seen: set[str] = set()
    for source in sources:
        wanted = [source.parent] if source.parent else []
        wanted += [source.match.source] if source.match else []
        for name in wanted:
            if name not in seen:
                raise top.error(
                    f"the source {source.name!r} builds on {name!r}, which is not a source above it"
                )
        seen.add(source.name)


def _check_joins(mappings: Sequence[Mapping]) -> None:
    """Refuse references to mappings that are not there."""
    names = [mapping.name for mapping in mappings]
    for join in (join for m in mappings for rule in m.rules for join in rule.joins):
        if join.mapping not in names:
            raise MappingError(
                f"{join.place}: there is no mapping {join.mapping!r}; there are {', '.join(names)}."
            )


def _mappings(key: str, node: Node, terms: Terms, sources: dict[str, Source]) -> Iterator[Mapping]:
    """Read one mapping; inline sources are added to `sources`.

    What is said of its objects, by inverse predicates, is mapped by others, which follow it.
    """
    keys = node.entries(_MAPPING_KEYS)
    for needed in ("sources", "subjects"):
        if needed not in keys:
            raise node.error(f"the mapping has no {needed}")
    items = keys["predicateobjects"].elements() if "predicateobjects" in keys else []
    rules = [_rule(item, terms) for item in items]
    mapping = Mapping(
        name=key,
        sources=tuple(_source_names(keys["sources"], sources)),
        subjects=tuple(terms.subject(item) for item in keys["subjects"].elements()),
        rules=tuple(rule for rule, _ in rules if rule.predicates),
        graphs=terms.graphs(keys.get("graphs")),
        condition=terms.condition(keys.get("condition")),
        place=node.place,
    )
    yield mapping
    for number, (rule, inverse) in enumerate(rules, start=1):
        if inverse:
            yield _inverted(mapping, f"{key}, inverse {number}", rule, inverse)


def _inverted(mapping: Mapping, name: str, rule: Rule, predicates: tuple[TermMap, ...]) -> Mapping:
    """Return the mapping that says of the objects of a rule what they are to the subjects."""
    if rule.joins or not all(one.iri for one in rule.objects):
        raise MappingError(
            f"{rule.place}: an inverse predicate needs an object that is an IRI made of the row"
            " itself. Say it of the other mapping, with this one as the object."
        )
    conditions = tuple(one for one in (mapping.condition, rule.condition) if one is not None)
    both = (
        Call("all", conditions, rule.place) if len(conditions) > 1 else next(iter(conditions), None)
    )
    said = Rule(predicates, mapping.subjects, rule.graphs, place=rule.place)
    return replace(
        mapping, name=name, subjects=rule.objects, rules=(said,), condition=both, place=rule.place
    )


def _source_names(node: Node, sources: dict[str, Source]) -> list[str]:
    """Return the names of a mapping's sources."""
    names = []
    for item in node.elements():
        if item.is_text:
            if item.text() not in sources:
                raise item.error(f"there is no source {item.text()!r} under 'sources'")
            names.append(item.text())
            continue
        inline = parse_source(f"{item.place}", item)
        sources[inline.name] = inline
        names.append(inline.name)
    return names


def _rule(node: Node, terms: Terms) -> tuple[Rule, tuple[TermMap, ...]]:
    """Read one entry of `predicateobjects`, in its long or its short form; its inverse predicates.

    An entry with inverse predicates needs no others.
    """
    if not node.is_list:
        keys = node.entries(_RULE_KEYS)
        inverse = _predicates(keys.get("inversepredicates"), terms)
        for needed in ("objects",) if inverse else ("predicates", "objects"):
            if needed not in keys:
                raise node.error(f"the entry has no {needed}")
        predicates = _predicates(keys.get("predicates"), terms)
        typed = bool(inverse) or any(terms.is_type(item) for item in predicates)
        objects, joins = _objects(keys["objects"].elements(), terms, iri=typed)
        graphs, condition = terms.graphs(keys.get("graphs")), terms.condition(keys.get("condition"))
        return Rule(predicates, objects, graphs, condition, node.place, joins), inverse
    items = node.elements()
    if not 2 <= len(items) <= 3:
        raise node.error("a short entry is [predicate, object] or [predicate, object, datatype]")
    predicates = _predicates(items[0], terms)
    typed = any(terms.is_type(item) for item in predicates)
    modifier = items[2].text() if len(items) == 3 else None
    objects, joins = _objects(items[1].elements(), terms, iri=typed, modifier=modifier)
    return Rule(predicates, objects, place=node.place, joins=joins), ()


def _predicates(node: Node | None, terms: Terms) -> tuple[TermMap, ...]:
    """Read the predicates of an entry."""
    return () if node is None else tuple(terms.predicate(item) for item in node.elements())


def _objects(
    nodes: Sequence[Node], terms: Terms, *, iri: bool, modifier: str | None = None
) -> tuple[tuple[TermMap, ...], tuple[Join, ...]]:
    """Read the objects of an entry, and those that are subjects of other mappings."""
    objects: list[TermMap] = []
    joins: list[Join] = []
    for node in nodes:
        found = terms.joins(node)
        joins += found
        if not found:
            objects.append(terms.object(node, iri=iri, modifier=modifier))
    return tuple(objects), tuple(joins)
