"""The how-tos for the people who use the pages, with pictures of the demo organisation.

`make screenshots` makes the pictures.
"""

from __future__ import annotations

import mimetypes

from flask import Blueprint, abort, render_template

from api.language import current_language

TOPICS = ("analyst", "steward", "network")
"""The how-tos, by whom they are for; each is a template for each language."""

# Not every system's table has it.
mimetypes.add_type("image/webp", ".webp")

blueprint = Blueprint("docs", __name__)


@blueprint.get("/docs")
def show_docs() -> str:
    """List the how-tos."""
    return render_template("docs.html", topics=TOPICS)


@blueprint.get("/docs/<name>")
def show_topic(name: str) -> str:
    """Show a how-to."""
    if name not in TOPICS:
        abort(404)
    return render_template(f"docs/{name}.{current_language()}.html", name=name, topics=TOPICS)
