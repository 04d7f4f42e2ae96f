"""Search in everything: names, keys, numbers of orders, and e-mails for who may see them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, request, url_for

from api.analyses import reading
from api.config import services
from api.labels import PARTY_KINDS, label_of, names_of
from kg.errors import UsageError
from kg.minting import mint
from kg.namespaces import CG, FOAF, RDFS, VCARD
from kg.store import decode, lookup_nodes
from kg.store.words import find
from kg.terminology import load_terminology

LIMIT = 12
"""Results of a search unless told otherwise."""
MOST = 100
_AMONG = 8
"""Things that are found for each record of one kind that is wanted."""
SHORTEST = 2
"""Letters that a search has at least."""
_PLACES = (CG.sourceKey, CG.orderNumber, FOAF.name, RDFS.label, VCARD.hasEmail)
"""The properties in whose values words are looked for."""
_MAIL = "mailto:"

blueprint = Blueprint("finding", __name__, url_prefix="/api/search")


@dataclass(frozen=True, slots=True)
class Found:
    """A thing that a search found: what it is called, what it is, and the text that matched."""

    iri: str
    key: str
    label: str
    kind: str
    matched: str
    is_party: bool

    def address(self) -> str:
        """Return the address of the page about the thing."""
        if self.is_party:
            return url_for("pages.party.show_party", name=self.key or self.iri)
        return url_for("pages.query.show_query", query=f"DESCRIBE <{self.iri}>")


@blueprint.get("")
def show_found() -> Response:
    """Answer with the things in whose texts every word of `q` begins a word.

    With `record` only records of that kind, such as `party`, whose key is one of `source`.
    """
    words = request.args.get("q", "")
    limit = _limit(request.args.get("limit", ""))
    record = request.args.get("record", "")
    if record:
        found = find_records(words, record, request.args.get("source", ""), limit)
    else:
        found = find_things(words, limit)
    return jsonify(
        query=words,
        found=[
            {
                "iri": one.iri,
                "key": one.key,
                "label": one.label,
                "kind": one.kind,
                "matched": one.matched,
                "address": one.address(),
            }
            for one in found
        ],
    )


def find_things(words: str, limit: int = LIMIT) -> list[Found]:
    """Return the things that the caller may see whose texts have all words, exact ones first."""
    words = words.strip()
    if len(words) < SHORTEST:
        return []
    with reading("search", {}) as cursor:
        places = [number for number in lookup_nodes(cursor, _PLACES) if number is not None]
        # A thing may have the words in its name and in its e-mail.
        rows = find(cursor, words, places, 3 * limit)
        terms = decode(cursor, [number for row in rows for number in row])
    matched: dict[str, str] = {}
    for thing, text in rows:
        matched.setdefault(terms[thing][1], terms[text][1].removeprefix(_MAIL))
    return _described(matched, limit)


def find_records(words: str, kind: str, source: str, limit: int = LIMIT) -> list[Found]:
    """Return the records of a kind that a search finds and that keys of a source stand for."""
    secret = services().store.setting("iri_secret") or ""
    organization = services().settings.organization
    focal = mint(secret, "party", "", organization)

    def is_meant(one: Found) -> bool:
        minted = mint(secret, kind, source, one.key)
        return one.iri == (focal if (kind, one.key) == ("party", organization) else minted)

    among = find_things(words, _AMONG * limit)
    return [one for one in among if is_meant(one)][:limit]


def _described(matched: dict[str, str], limit: int) -> list[Found]:
    """Return the things with their labels and kinds, in the order given."""
    known = names_of(list(matched))
    found = []
    for iri, text in matched.items():
        if iri in known:
            name, key, kind = known[iri]
            called = label_of(kind) if load_terminology().of_iri(kind) else ""
            found.append(Found(iri, key, name or text, called, text, kind in PARTY_KINDS))
    return found[:limit]


def _limit(text: str) -> int:
    if not text:
        return LIMIT
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MOST):
        raise UsageError(f"limit is {text!r}; give a number from 1 to {MOST}.")
    return int(text)
