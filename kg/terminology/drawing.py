"""Diagrams made from the model: a class, the properties that lead from it, and where they lead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from kg.terminology.terms import Term, Terminology, short_name

_LETTER = 7.6
_LINE = 44
_BOX = 30
_MARGIN = 12
_GAP = 16
_KIND_OF = {"en": "is a", "fr": "est un"}


@dataclass(frozen=True, slots=True)
class _Arrow:
    label: str
    target: str


@dataclass(frozen=True, slots=True)
class _Star:
    """A class, and what leads from it."""

    source: str
    arrows: list[_Arrow]

    @property
    def height(self) -> float:
        return max(_LINE * len(self.arrows), _LINE)


def pattern(term: Term, terminology: Terminology, language: str) -> str | None:
    """Return the drawing of a class as SVG, None where no property leads from it to another.

    Lengths are in pixels; colours are those of the text around it.
    """
    if term.kind != "class" or not (arrows := _arrows(term, terminology, language)):
        return None
    return _svg([_Star(term.label(language), arrows)])


def drawn(classes: Sequence[Term], terminology: Terminology, language: str) -> str:
    """Return the drawing of several classes, one below the other, with what they are kinds of."""
    stars = []
    for term in classes:
        above = [parent for iri in term.links["parents"] if (parent := terminology.of_iri(iri))]
        kinds = [_Arrow(_KIND_OF[language], parent.label(language)) for parent in above]
        stars.append(_Star(term.label(language), kinds + _arrows(term, terminology, language)))
    return _svg(stars)


def _svg(stars: Sequence[_Star]) -> str:
    arrows = [arrow for star in stars for arrow in star.arrows]
    left = max(_width(star.source) for star in stars)
    middle = max((_width(one.label) for one in arrows), default=0) + 40
    right = max((_width(one.target) for one in arrows), default=0)
    width = left + middle + right + 2 * _MARGIN
    parts: list[str] = []
    top = float(_MARGIN)
    for star in stars:
        parts += _star(star, top, left, middle, right)
        top += star.height + _GAP
    height = top - _GAP
    name = quoteattr(", ".join(star.source for star in stars))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}" aria-label={name}'
        f' font-size="13" fill="currentColor">{"".join(parts)}</svg>'
    )


def _star(star: _Star, top: float, left: float, middle: float, right: float) -> Iterator[str]:
    """Yield the parts of one class below a height, columns being as wide as given."""
    centre = top + (star.height - _LINE + _BOX) / 2
    yield _box(_MARGIN, centre, left, star.source)
    for number, arrow in enumerate(star.arrows):
        y = top + _LINE * number + _BOX / 2
        yield _line(_MARGIN + left, centre, _MARGIN + left + middle, y)
        yield _text(_MARGIN + left + middle / 2 + 14, y - 5, arrow.label)
        yield _box(_MARGIN + left + middle, y, right, arrow.target)


def _arrows(term: Term, terminology: Terminology, language: str) -> list[_Arrow]:
    """Return the properties that lead from a class to things."""
    found = []
    for iri in term.links["properties"]:
        leading = terminology.of_iri(iri)
        if leading is None or leading.kind != "object-property" or not leading.links["range"]:
            continue
        names = [_name(one, terminology, language) for one in leading.links["range"]]
        found.append(_Arrow(leading.label(language), " / ".join(names)))
    return found


def _name(iri: str, terminology: Terminology, language: str) -> str:
    """Return the label of a term, the short name of one of another vocabulary."""
    term = terminology.of_iri(iri)
    return short_name(iri) if term is None else term.label(language)


def _width(text: str) -> float:
    return _LETTER * len(text) + 20


def _box(x: float, y: float, width: float, text: str) -> str:
    return (
        f'<rect x="{x:.0f}" y="{y - _BOX / 2:.0f}" width="{width:.0f}" height="{_BOX}" rx="5"'
        f' fill="none" stroke="currentColor"/>{_text(x + width / 2, y + 5, text)}'
    )


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return an arrow from a box to another, its head drawn with it."""
    head = f"M{x2 - 8:.0f} {y2 - 4:.0f}L{x2:.0f} {y2:.0f}L{x2 - 8:.0f} {y2 + 4:.0f}"
    bend = (
        f"M{x1:.0f} {y1:.0f}C{x1 + 25:.0f} {y1:.0f} {x1 + 10:.0f} {y2:.0f} {x1 + 35:.0f} {y2:.0f}"
    )
    return f'<path d="{bend}L{x2:.0f} {y2:.0f}{head}" fill="none" stroke="currentColor"/>'
