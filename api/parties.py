"""What a party is called by whom: its name, or a pseudonym that stays the same."""

from __future__ import annotations

from api.language import translate
from kg.namespaces import CG

PARTY_KINDS = frozenset(
    str(CG[name])
    for name in ("NaturalPerson", "LegalEntity", "OrganizationalUnit", "Household", "Organization",
                 "Party")
)  # fmt: skip
"""Classes of parties."""
_DIGITS = 6


def pseudonym(iri: str) -> str:
    """Return what a party is called where its name is not known or not to be seen.

    The digits are those of its IRI, which are made with the store's secret.
    """
    return translate("party.pseudonym", digits=iri.rpartition("/")[2][:_DIGITS])
