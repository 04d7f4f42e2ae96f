"""Diagrams made from the model: a class, the properties that lead from it, and where they lead."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from kg.terminology.terms import Term, Terminology

_LETTER = 7.6
_LINE = 44
_BOX = 30
_MARGIN = 12
_MOST = 14
"""Properties that are drawn; a longer list is for the page."""


@dataclass(frozen=True, slots=True)
class _Arrow:
    label: str
    target: str


def pattern(term: Term, terminology: Terminology, language: str) -> str | None:
    """Return the drawing of a class as SVG, None where no property leads from it to another.

    Lengths are in pixels; colours are those of the text around it.
    """
    arrows = _arrows(term, terminology, language)
    if term.kind != "class" or not arrows:
        return None
    source = term.label(language)
    left = _width(source)
    middle = max(_width(one.label) for one in arrows) + 40
    right = max(_width(one.target) for one in arrows)
    height = _LINE * len(arrows) + _MARGIN
    width = left + middle + right + 2 * _MARGIN
    centre = height / 2
    parts = [_box(_MARGIN, centre, left, source)]
    for number, arrow in enumerate(arrows):
        y = _MARGIN + _LINE * number + _BOX / 2
        parts.append(_line(_MARGIN + left, centre, _MARGIN + left + middle, y))
        parts.append(_text(_MARGIN + left + middle / 2 + 14, y - 5, arrow.label))
        parts.append(_box(_MARGIN + left + middle, y, right, arrow.target))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}" aria-label={quoteattr(source)}'
        f' font-size="13" fill="currentColor">{"".join(parts)}</svg>'
    )


def _arrows(term: Term, terminology: Terminology, language: str) -> list[_Arrow]:
    found = []
    for iri in term.links["properties"]:
        found_property = terminology.of_iri(iri)
        if found_property is None or found_property.kind != "object-property":
            continue
        targets = [terminology.of_iri(one) for one in found_property.links["range"]]
        names = [target.label(language) for target in targets if target is not None]
        if names:
            found.append(_Arrow(found_property.label(language), " / ".join(names)))
    return found[:_MOST]


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
