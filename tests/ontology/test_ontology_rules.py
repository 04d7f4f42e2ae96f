"""Each rule accepts its valid example and breaks on its invalid one, judged by pySHACL.

The examples are Turtle files `{rule}-valid.ttl` and `{rule}-invalid.ttl`; the comments at the head
of an invalid one are the report it must get: focus node, shape, severity, path.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import RDF, SH, BNode, Graph, Literal
from rulebook import (
    ABOUT_DERIVED,
    ABOUT_THE_VOCABULARY,
    CGS,
    EXAMPLES,
    ONTOLOGY,
    Finding,
    beside,
    expected,
    found,
    rule_of,
    rules,
    shapes,
    shapes_of,
    subclasses,
    vocabulary,
)

from kg.derivation import load_rules
from kg.namespaces import CG
from kg.shacl import project_shapes

SPECIFIED = """
    P01 P02 P03 P04 P05 P06 P07 P08 P09 P10 P11 P12 P13 P14 P15 P16 P17
    R01 R02 R03 R04 R05 R06 R07 R08 R09 R10
    T01 T02 T02b T03 T04 T05 T05b T06 T07 T08 T09 T10 T11 T12 T13 T14 T15 T16 T17 T18 T19 T20
    F01 F02 F03 F04 F05 F06 F07 F08 F09 F10 F11 F12
    S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 S11 S12 S13
    G01 G02 G03 G04 G05 G06 G07 G08 G09 G10 G11 G12
    C01 C02 C03 C04 C05 C06 C07 C08 C09 C10 C11 C12 C13
"""
"""The 97 rules of the specification, and the two warnings split off from T02 and T05."""


def report(example: Path, shapes_graph: Graph) -> set[Finding]:
    data = Graph().parse(example)
    _, graph, text = validate(data, shacl_graph=shapes_graph, ont_graph=subclasses())
    assert isinstance(graph, Graph), text
    return found(graph, data)


def test_every_rule_of_the_specification_is_there() -> None:
    assert len(SPECIFIED.split()) == 97 + 2
    assert set(SPECIFIED.split()) <= set(rules())


def test_every_rule_has_both_examples() -> None:
    wanted = {f"{rule}-{kind}" for rule in rules() for kind in ("valid", "invalid")}
    assert {path.stem for path in EXAMPLES.glob("*.ttl")} == wanted


def test_the_readme_lists_every_rule_with_its_severity() -> None:
    text = (ONTOLOGY / "README.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| (\w+) \| (Violation|Warning|Info) \|", text, re.MULTILINE))
    stated = {
        rule_of(str(node).removeprefix(CGS)): str(severity).removeprefix(str(SH))
        for node, severity in shapes().subject_objects(SH.severity)
    }
    assert listed == stated


@pytest.mark.parametrize("rule", rules())
def test_the_valid_example_conforms(rule: str) -> None:
    assert report(EXAMPLES / f"{rule}-valid.ttl", shapes_of(rule)) == set()


@pytest.mark.parametrize("rule", rules())
def test_the_invalid_example_breaks_its_rule_as_announced(rule: str) -> None:
    example = EXAMPLES / f"{rule}-invalid.ttl"
    announced = {finding for finding in expected(example) if finding.rule == rule}
    assert announced
    assert report(example, shapes_of(rule)) == announced


def test_every_constraint_of_every_shape_is_broken_by_an_example() -> None:
    broken = {
        (f.shape, f.component) for path in EXAMPLES.glob("*-invalid.ttl") for f in expected(path)
    }
    stated = {
        (f"cgs:{str(node).removeprefix(CGS)}", _COMPONENTS[predicate])
        for node in shapes().subjects(SH.severity)
        for predicate in shapes().predicates(node)
        if predicate not in _NOT_CONSTRAINTS
    }
    assert stated == broken


@pytest.mark.slow
@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.ttl")), ids=lambda path: path.stem)
def test_an_example_breaks_nothing_else(example: Path) -> None:
    judged = beside(rule_of(example.stem))
    assert report(example, shapes_of(*judged)) == expected(example)


def test_the_vocabulary_obeys_its_own_rules() -> None:
    _, graph, text = validate(vocabulary(), shacl_graph=shapes_of(*ABOUT_THE_VOCABULARY))
    assert isinstance(graph, Graph)
    assert found(graph, vocabulary()) == set(), text


def test_rules_about_other_graphs_are_not_among_those_for_facts() -> None:
    for path in (ONTOLOGY / "shapes").glob("*.ttl"):
        others = {CGS[rule] for rule in ABOUT_THE_VOCABULARY + ABOUT_DERIVED}
        assert not others & set(Graph().parse(path).subjects())


def test_severities_are_on_shapes_and_one_per_shape() -> None:
    for node in set(shapes().subjects(SH.severity)):
        assert not isinstance(node, BNode)
        assert len(set(shapes().objects(node, SH.severity))) == 1


def test_a_rule_has_one_severity() -> None:
    severities: dict[str, set[str]] = {}
    for node, severity in shapes().subject_objects(SH.severity):
        severities.setdefault(rule_of(str(node).removeprefix(CGS)), set()).add(str(severity))
    assert {rule: kinds for rule, kinds in severities.items() if len(kinds) > 1} == {}


def test_every_rule_is_explained_in_both_languages() -> None:
    for node in set(shapes().subjects(SH.severity)):
        wanted = [SH.name] if "-" in str(node).removeprefix(CGS) else [SH.name, SH.description]
        for predicate in wanted:
            texts = shapes().objects(node, predicate)
            languages = sorted(t.language or "" for t in texts if isinstance(t, Literal))
            assert languages == ["en", "fr"], f"{node} {predicate}"


def test_messages_are_sentences_in_both_languages() -> None:
    for node in set(shapes().subjects(SH.message)):
        messages = [m for m in shapes().objects(node, SH.message) if isinstance(m, Literal)]
        assert sorted(m.language or "" for m in messages) == ["en", "fr"]
        for message in messages:
            assert re.fullmatch(r"[A-ZÀÉ].*\.", message), message


@pytest.mark.parametrize("word", ["MINUS", "VALUES", "SERVICE", "NOW()", "GRAPH"])
def test_constraint_queries_keep_to_the_writing_rules(word: str) -> None:
    for query in shapes().objects(None, SH.select):
        assert not re.search(rf"(?<![\w:?$(]){re.escape(word)}", str(query)), query


def test_constraint_queries_bind_their_predicates() -> None:
    for query in shapes().objects(None, SH.select):
        assert not re.search(r"[?$]\w+\s+[?$]\w+\s+[?$]\w+\s*[.;}]", str(query)), query


def test_shapes_that_nothing_targets_are_parts_of_one_that_is() -> None:
    targets = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
    for node in set(shapes().subjects(SH.severity)):
        targeted = any(shapes().value(node, target) for target in targets)
        parents = set(shapes().subjects(SH.property, node))
        assert targeted or {rule_of(str(p)) for p in parents} == {rule_of(str(node))}


_NOT_CONSTRAINTS = {
    RDF.type,
    SH.path,
    SH.property,
    SH.targetClass,
    SH.targetSubjectsOf,
    SH.targetObjectsOf,
    SH.severity,
    SH.name,
    SH.description,
    SH.message,
    SH.flags,
}
_COMPONENTS = {
    SH["class"]: "Class",
    SH.datatype: "Datatype",
    SH["in"]: "In",
    SH.languageIn: "LanguageIn",
    SH.maxCount: "MaxCount",
    SH.maxInclusive: "MaxInclusive",
    SH.minCount: "MinCount",
    SH.minExclusive: "MinExclusive",
    SH.minInclusive: "MinInclusive",
    SH.nodeKind: "NodeKind",
    SH["not"]: "Not",
    SH["or"]: "Or",
    SH.pattern: "Pattern",
    SH.sparql: "SPARQL",
    SH.uniqueLang: "UniqueLang",
    SH.xone: "Xone",
}


def test_terms_that_are_derived_name_the_rule_that_concludes_them() -> None:
    concluded = {
        (head, rule.name)
        for rule in load_rules()
        for clause in rule.clauses
        for head in (clause.head[2] if clause.head[1] == RDF.type else clause.head[1],)
    }
    for term, name in vocabulary().subject_objects(CG.derivedBy):
        assert (term, str(name)) in concluded, term
    named = set(vocabulary().subjects(CG.derivedBy))
    # These may be said as well.
    assert {term for term, _ in concluded} - named == {CG.Recommendation, CG.isAcquaintedWith}


def test_derived_roles_make_no_declared_party() -> None:
    derived = set(vocabulary().subjects(CG.derivedBy))
    assert not [one for one, _ in project_shapes().subclasses if one in derived]
