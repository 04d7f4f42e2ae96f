"""The page of a search; the field in the head of every page leads here."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from api.finding import MOST, find_things

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
def show_search() -> str:
    """Show what a search finds."""
    words = request.args.get("q", "").strip()
    return render_template("search.html", words=words, found=find_things(words, MOST), most=MOST)
