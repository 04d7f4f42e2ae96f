"""Search for words: in any case, with or without accents, by their beginnings."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache

_SPELLED = {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i"}
_LETTERS = range(0x80, 0x3400)
"""Code points among which the ways of writing a letter are looked for."""
_REPEATED = re.compile(r"(.)\1{4,}")
_BEFORE = r"(?:^|[^\pL\pN\pM])\pM*"


def fold(text: str) -> str:
    """Return a text in lower case and without accents."""
    parts = unicodedata.normalize("NFD", text.lower())
    bare = "".join(one for one in parts if unicodedata.category(one) != "Mn")
    return "".join(_SPELLED.get(one, one) for one in unicodedata.normalize("NFC", bare))


def words(text: str) -> list[str]:
    """Return the words of a text, folded: its runs of letters and digits."""
    return re.findall(r"[^\W_]+", fold(text))


def asked(text: str) -> list[str]:
    """Return the words that a search asks for, each once, as far as they can matter.

    Letters repeated over and over would make patterns without end.
    """
    return list(dict.fromkeys(_REPEATED.sub(r"\1\1\1\1", word) for word in words(text)))


def found(text: str, wanted: str) -> bool:
    """Return whether every word wanted is the beginning of a word of a text."""
    present = words(text)
    return all(any(one.startswith(word) for one in present) for word in asked(wanted))


@lru_cache(maxsize=1)
def _spellings() -> dict[str, list[str]]:
    """Return the characters that fold to a text, by that text."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for code in _LETTERS:
        character = chr(code)
        folded = fold(character)
        if folded and folded != character and unicodedata.category(character)[0] in "LN":
            spellings[folded].append(character)
    return dict(spellings)


def pattern(word: str) -> str:
    """Return a regular expression (RE2) for the texts in which a folded word begins a word."""
    return _BEFORE + _rest(word)


def _rest(word: str) -> str:
    """Return the pattern of what is left of a word, its letters written alone or as one sign."""
    if not word:
        return ""
    plain = _letter(word[0]) + _rest(word[1:])
    pair = word[:2]
    # The end of a word searched for may be the first half of such a sign.
    signs = [
        sign
        for text, found in _spellings().items()
        if len(text) == 2
        for sign in found
        if text.startswith(pair)
    ]
    if not signs:
        return plain
    return rf"(?:{plain}|[{''.join(sorted(signs))}]\pM*{_rest(word[2:])})"


def _letter(character: str) -> str:
    """Return the pattern of one letter in all its spellings, marks that follow it included."""
    same = {character, character.upper(), *_spellings().get(character, [])}
    return rf"[{''.join(sorted(one for one in same if len(one) == 1))}]\pM*"
