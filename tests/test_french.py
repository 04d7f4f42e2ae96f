"""What stewards are told has its French text, whatever the values in it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import werkzeug.exceptions

import kg.cli.remote
import kg.errors
import kg.sparql.xpath
from kg.french import french, in_both

PLACES = (
    "kg/ingest", "kg/store", "kg/merging", "kg/quality", "kg/shacl", "kg/sparql", "kg/cli", "api",
)  # fmt: skip
"""Where messages are made that people see who bring data in, check them, keep them and ask."""

ERRORS = {
    name
    for module in (kg.errors, werkzeug.exceptions, kg.cli.remote)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Exception)
} - {"ValueError", "TypeError", "Exception"}
FAULTS = {"error", "_error"}
"""Methods that put the place of a document before what is wrong there."""

PASSED_ON = {
    "error", "str(error)", "detail", "problem", "translate('history.unknown')",
    "why.en", "evaluation.broken_segments[chosen].en",
}  # fmt: skip
"""Messages that come from elsewhere: from the errors of the library, or from the pages' texts."""


REASON = "NotCompiledError"
"""What says why a query is not compiled; its messages are parts of sentences."""


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def calls(root: Path) -> Iterator[tuple[str, ast.Call, ast.Module]]:
    """Yield what makes an error or a notice, and where it stands."""
    for place in PLACES:
        for file in sorted((root / place).rglob("*.py")):
            tree = parsed(file)
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and node.args and is_error(node.func):
                    yield f"{file.relative_to(root)}:{node.lineno}", node, tree


def is_error(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute):
        return called.attr in FAULTS and "log" not in ast.unparse(called.value)
    return isinstance(called, ast.Name) and called.id in ERRORS


def raised(root: Path) -> Iterator[tuple[str, str]]:
    """Yield every message with its place, but for those that are put together from others."""
    for place, call, tree in calls(root):
        message = next(each for each in call.args if not isinstance(each, ast.List))
        if ast.unparse(message) in PASSED_ON:
            continue
        for text in samples(message, tree):
            placed = isinstance(call.func, ast.Attribute)
            if placed or re.search("[a-z]", text):
                yield place, f"m.yml line 7: {text}." if placed else text


def samples(node: ast.expr, tree: ast.Module) -> list[str]:
    """Return the messages that an expression can be, with values in them."""
    match node:
        case ast.Constant():
            return [str(node.value)]
        case ast.IfExp():
            return samples(node.body, tree) + samples(node.orelse, tree)
        case ast.BinOp():
            return [a + b for a in samples(node.left, tree) for b in samples(node.right, tree)]
        case ast.JoinedStr():
            texts = [""]
            for number, part in enumerate(node.values):
                found = worded(part, f"<{number}>", tree)
                texts = [text + each for text in texts for each in found]
            return texts
        case ast.Name():
            return of_loop(node.id, tree)
    raise AssertionError(f"line {node.lineno}: the test cannot read this message")


def worded(part: ast.expr, mark: str, tree: ast.Module) -> list[str]:
    """Return what a part of a message can be: a value, unless it is written out right there."""
    if isinstance(part, ast.FormattedValue):
        if isinstance(part.value, ast.IfExp):
            chosen = (part.value.body, part.value.orelse)
            texts = [each for each in chosen if isinstance(each, ast.Constant | ast.JoinedStr)]
            return [text for each in texts for text in samples(each, tree)] or [mark]
        return [mark]
    return samples(part, tree)


def of_loop(name: str, tree: ast.Module) -> list[str]:
    """Return the texts that a variable takes in a loop over tuples that stand there."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and isinstance(node.target, ast.Tuple):
            names = [ast.unparse(each) for each in node.target.elts]
            if name in names and isinstance(node.iter, ast.Tuple):
                rows = [row for row in node.iter.elts if isinstance(row, ast.Tuple)]
                found += [str(ast.literal_eval(row.elts[names.index(name)])) for row in rows]
    assert found, f"the test cannot read what {name} is"
    return found


def test_every_message_is_known_in_french(root: Path) -> None:
    found = list(raised(root))
    assert len(found) > 250
    unknown = [(place, text) for place, text in found if french(text) is None]
    assert unknown == []


@pytest.mark.parametrize(
    ("place", "function", "message"),
    [
        ("kg/store/documents.py", "_advice", "a.ttl, line 1, column 2: it is wrong. {}"),
        ("kg/store/documents.py", "_advice", "a.ttl: it is wrong. {}"),
        ("kg/shacl/prebinding.py", "_refusal", "sh:select of the shape x:s {}."),
        ("kg/shacl/prebinding.py", "_subquery_refusal", "sh:select of the shape x:s {}."),
    ],
)
def test_messages_put_together_are_known_in_french(
    root: Path, place: str, function: str, message: str
) -> None:
    tree = parsed(root / place)
    (body,) = (one for one in tree.body if getattr(one, "name", "") == function)
    parts = [
        text
        for node in ast.walk(body)
        for returned in [getattr(node, "value", None)]
        if isinstance(node, ast.Return) and isinstance(returned, ast.expr)
        for one in ([returned.body] if isinstance(returned, ast.IfExp) else [returned])
        if isinstance(one, ast.JoinedStr) or isinstance(getattr(one, "value", None), str)
        for text in samples(one, tree)
    ]
    assert parts
    for part in parts:
        translated = french(message.format(part)) or "of the"
        assert "of the" not in translated, part


def test_every_word_among_the_values_is_known_in_french(root: Path) -> None:
    words = set()
    for _, call, _ in calls(root):
        for node in ast.walk(call.args[0]):
            if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.BoolOp):
                last = node.value.values[-1]
                if isinstance(last, ast.Constant) and isinstance(last.value, str):
                    words.add(last.value)
    assert words >= {"none", "A document without Content-Type"}
    told = "m.yml line 1: f has no parameter 'x'; it takes {}."
    same = [word for word in words if french(told.format(word)).endswith(f"{word}.")]
    assert same == []


@pytest.mark.parametrize(
    "english",
    [
        "Parameter 'day' is 'x'; give a date, for example 2025-12-31.",
        "revenue-by-month has no parameter 'x'; it takes none.",
        "top-prescribers needs the parameter 'least', an integer, for example least=3.",
        "The query 'mine' has no version 3; the last one is 2.",
        "'No' is no name for a query: use small letters, digits and hyphens, a letter first,"
        " 63 characters at most.",
        "model is 'x'; choose among first, last.",
        "classify takes no option 'x'; it takes party.",
        "from is 2026-01-01, after the date of the answer, 2025-01-01.",
    ],
)
def test_what_forms_of_questions_and_analyses_refuse_is_told_in_french(english: str) -> None:
    told = french(english)
    assert told is not None
    assert not re.search(r"\b(is|the|give|no|takes)\b", told)


def test_every_text_is_of_a_message(root: Path) -> None:
    """A text whose message is gone, or that another one hides, would not be missed."""
    texts = json.loads((root / "kg/french.json").read_text("utf-8"))
    written = "\n".join(
        node.value
        for place in ("kg", "api")
        for file in (root / place).rglob("*.py")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    for english in (*texts["messages"], *texts["faults"], *texts["reasons"]):
        longest = max(re.split(r"\{\w+\}", english), key=len)
        assert longest.strip(" .") in written, english


def reasons(root: Path) -> Iterator[str]:
    """Yield why queries are not compiled."""
    for place in ("kg/sparql", "kg/shacl"):
        for file in sorted((root / place).rglob("*.py")):
            tree = parsed(file)
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == REASON:
                    yield from samples(node.args[0], tree)


def test_every_reason_why_a_query_is_not_compiled_is_known_in_french(root: Path) -> None:
    inner = {
        "a regular expression in which <1>": "a regular expression in which x is a back reference",
        "a replacement in which <1>": "a replacement in which $12 is beyond the ninth group",
    }
    found = [inner.get(text, text) for text in reasons(root)]
    assert len(found) > 25
    assert set(inner.values()) <= set(found)
    told = {text: french(text) or text for text in found}
    english = re.compile(r"\b(an|the|of|that|which|with)\b")
    assert [text for text, each in told.items() if each == text or english.search(each)] == []


def test_what_a_regular_expression_may_not_hold_is_told_in_french() -> None:
    with pytest.raises(kg.sparql.xpath.RefusedError) as refused:
        kg.sparql.xpath.translated("(a)\\1", "")
    assert french(f"a regular expression in which {refused.value}") == (
        "une expression régulière où \\1 est une référence arrière"
    )


def test_values_keep_their_places(root: Path) -> None:
    for place, text in raised(root):
        translated = french(text) or ""
        for number in range(20):
            assert (f"<{number}>" in text) == (f"<{number}>" in translated), place


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        (
            "a.csv, row 3: 4 cells, but the header has 5. Check for a missing or an unquoted"
            " comma.",
            "a.csv, ligne 3 : 4 cellules, mais l'en-tête en a 5. Chercher un séparateur (virgule)"
            " manquant ou sans guillemets.",
        ),
        ("Read in the encoding cp1252, not UTF-8.", "Lu dans l'encodage cp1252, et non en UTF-8."),
        (
            "The header is row 4: the rows above it were left out.",
            "L'en-tête est la ligne 4 : les lignes au-dessus ont été laissées de côté.",
        ),
        (
            "Cells to the right of the last named column were left out in 2 rows, the first of"
            " them row 5.",
            "Des cellules à droite de la dernière colonne nommée ont été laissées de côté dans"
            " 2 lignes, dont la première est la ligne 5.",
        ),
        (
            "shop.yml line 7: f needs a value, not a condition, for its 'x'.",
            "shop.yml ligne 7 : f demande une valeur, non une condition, pour 'x'.",
        ),
        ("Sheet 'A' was read; 'B' not.", "La feuille 'A' a été lue ; 'B' non."),
    ],
)
def test_messages_in_french(english: str, expected: str) -> None:
    assert french(english) == expected
    assert in_both(english) == {"en": english, "fr": expected}


def test_what_is_not_known_stays_in_english_alone() -> None:
    assert french("Something else.") is None
    assert in_both("Something else.") == {"en": "Something else."}
