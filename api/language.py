"""The languages of the pages: which one a request wants, and the texts in it.

The texts are in the folder `texts`, a file for each area of the pages: for each key one text per
language, or one for a single thing and one for several, chosen by the argument `n`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal, cast

from flask import Flask, Response, g, request
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from kg.french import in_both

Language = Literal["en", "fr"]

LANGUAGES: tuple[Language, ...] = ("en", "fr")
COOKIE = "lang"
_YEAR = 365 * 24 * 3600
_NARROW_SPACE = "\u202f"

_Texts = dict[str, dict[str, str | dict[str, str]]]


def _load_texts() -> _Texts:
    areas = sorted(Path(__file__).with_name("texts").glob("*.json"))
    return {
        key: texts
        for area in areas
        for key, texts in json.loads(area.read_text(encoding="utf-8")).items()
    }


_TEXTS = _load_texts()


def text_keys() -> Mapping[str, object]:
    """Return the catalogue of texts, by key."""
    return _TEXTS


def current_language() -> Language:
    """Return the language asked for by `?lang=`, else the cookie, else `Accept-Language`."""
    if "language" not in g:
        asked = (request.args.get("lang"), request.cookies.get(COOKIE))
        # The best of the browser's languages, whatever its region: fr-CA is served as fr.
        accepted = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
        g.language = next((one for one in (*asked, *accepted) if one in LANGUAGES), "en")
    return cast(Language, g.language)


def translate(key: str, **values: object) -> str:
    """Return the text of a key in the language of the request, its places filled in.

    Raises:
        KeyError: there is no such text.
    """
    language = current_language()
    text = _TEXTS[key][language]
    if isinstance(text, dict):
        number = cast(float, values["n"])
        single = abs(number) < 2 if language == "fr" else number == 1
        text = text["one" if single else "other"]
    shown = {
        name: format_number(value) if isinstance(value, (int, float)) else value
        for name, value in values.items()
    }
    return text.format(**shown)


def script_texts(*areas: str) -> Markup:
    """Return the texts whose keys begin with an area and a dot, as JSON inside an element."""
    starts = tuple(f"{area}." for area in areas)
    texts = {key: t[current_language()] for key, t in _TEXTS.items() if key.startswith(starts)}
    return Markup(htmlsafe_json_dumps(texts, ensure_ascii=False))  # noqa: S704  (made safe)


def format_number(value: float) -> str:
    """Return a number as the language of the request writes it."""
    return _punctuated(f"{value:,}" if isinstance(value, int) else f"{value:,.3f}")


def format_money(value: float) -> str:
    """Return an amount with two decimals, as the language of the request writes it."""
    return _punctuated(f"{value:,.2f}")


def format_exact(value: float | Decimal) -> str:
    """Return a number with all its digits, four after the point where they may be endless."""
    return _punctuated(f"{round(value, 4):,}" if isinstance(value, float) else f"{value:,}")


def _punctuated(text: str) -> str:
    """Return a number with English signs as the language of the request writes it."""
    if current_language() == "fr":
        return text.replace(",", _NARROW_SPACE).replace(".", ",")
    return text


def in_language(texts: Mapping[str, str]) -> str:
    """Return the text in the language of the request, else in English, else any."""
    fallback = texts.get("en") or next(iter(texts.values()), "")
    return texts.get(current_language()) or fallback


def told(message: str) -> str:
    """Return a message of the library in the language of the request, where it is known there."""
    return in_language(in_both(message))


def format_moment(moment: datetime) -> Markup:
    """Return a time of ours, in UTC, as an element that machines read too."""
    text = f"{day_text(moment.date())} {moment:%H:%M}"
    return Markup('<time datetime="{}Z">{}</time>').format(moment.isoformat(), text)


_MONTHS: dict[Language, tuple[str, ...]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.",
           "nov.", "déc."),
}  # fmt: skip
_DAY = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?.*")


def format_day(value: object) -> Markup:
    """Return a day or a month as an element that machines read too; other texts as they are."""
    written = day_text(value)
    if written == (plain := "" if value is None else str(value)):
        return escape(plain)
    return Markup('<time datetime="{}">{}</time>').format(plain, written)


def day_text(value: object) -> str:
    """Return a day or a month, a date or its text, as people write it; other texts as they are."""
    text = "" if value is None else str(value)
    found = _DAY.fullmatch(text)
    if not found or not 1 <= int(found[2]) <= len(_MONTHS["en"]):
        return text
    month = _MONTHS[current_language()][int(found[2]) - 1]
    day = f"{int(found[3])} " if found[3] else ""
    return f"{day}{month} {found[1]}".replace(" ", "\u00a0")


_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::00(?:\.0+)?|(:\d\d(?:\.\d+)?))?(Z?)(.*)")


def moment_text(value: str) -> str:
    """Return a time of the data as people write it, its seconds where there are any."""
    found = _MOMENT.fullmatch(value)
    if not found:
        return value
    return f"{day_text(found[1])} {found[2]}{found[3] or ''}{found[4] and ' UTC'}{found[5]}"


def register_language(app: Flask) -> None:
    """Give the templates the texts, and keep a language asked for in a cookie."""
    app.jinja_env.globals["t"] = translate
    app.jinja_env.globals["script_texts"] = script_texts
    app.jinja_env.globals["language"] = current_language
    app.jinja_env.filters["number"] = format_number
    app.jinja_env.filters["money"] = format_money
    app.jinja_env.filters["moment"] = format_moment
    app.jinja_env.filters["moment_text"] = moment_text
    app.jinja_env.filters["day"] = format_day
    app.jinja_env.filters["day_text"] = day_text
    app.jinja_env.filters["in_language"] = in_language
    app.jinja_env.filters["told"] = told
    app.after_request(_remember_language)


def _remember_language(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = current_language()
        response.vary.update(("Accept-Language", "Cookie"))
    if (asked := request.args.get("lang")) in LANGUAGES:
        response.set_cookie(COOKIE, cast(str, asked), max_age=_YEAR, samesite="Lax", httponly=True)
    return response
