"""French names of the columns of templates, accepted beside the English ones.

Names are compared without regard to case, accents, spaces, hyphens and underscores, nor to small
words such as "de": "Date commande" is "date de commande". Words for what tells records apart are
one: "Code client" and "Client ID" are "n° client". A name counts for the columns of one template
only, so that one French word may stand for two columns of two templates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

SYNONYMS: dict[str, tuple[str, ...]] = {
    "acquisition_source": ("source d'acquisition", "origine", "canal d'acquisition"),
    "acting_buyer": ("acheteur", "acheteur agissant"),
    "addressee": ("destinataire",),
    "advisor": ("conseiller",),
    "age_band": ("tranche d'âge",),
    "amount": ("montant", "montant net", "prix", "montant ht", "net amount"),
    "annual_potential": ("potentiel annuel", "potentiel"),
    "assessor": ("évaluateur",),
    "birth_date": ("date de naissance", "naissance", "né le", "née le", "date of birth"),
    "brand": ("marque",),
    "budget": ("critère du budget",),
    "by": ("par",),
    "canonical": ("canonique", "fiche conservée"),
    "category": ("catégorie",),
    "channel": ("canal",),
    "city": ("ville", "commune", "localité", "town"),
    "client": ("client", "n° client", "customer", "customer number"),
    "closed_on": ("date de clôture", "clos le"),
    "commercial_review": ("avis commercial", "revue commerciale"),
    "confidence": ("confiance",),
    "core": ("cœur de cible",),
    "country": ("pays", "code pays"),
    "critical": ("critique",),
    "currency": ("devise", "monnaie", "code devise"),
    "date": ("date", "date de commande", "date d'achat", "date de vente", "order date", "jour"),
    "declared_type": ("type déclaré",),
    "delivery_date": ("date de livraison", "livraison"),
    "direct_marketing": ("démarchage direct",),
    "direction": ("sens",),
    "due": ("échéance", "à rendre le"),
    "duplicate": ("doublon",),
    "email": (
        "courriel",
        "e-mail",
        "adresse électronique",
        "adresse e-mail",
        "adresse mail",
        "mail",
        "mél",
        "email address",
    ),
    "end": ("fin", "date de fin"),
    "expires_on": ("expire le",),
    "family": ("famille",),
    "family_name": ("nom de famille", "patronyme", "last name", "surname"),
    "first_contact_date": ("date de premier contact", "premier contact"),
    "given_name": ("prénom", "first name"),
    "goal": ("but",),
    "grantee": ("habilité",),
    "handler": ("traité par", "traitant"),
    "incident": ("incident",),
    "income_band": ("tranche de revenu",),
    "information": ("information",),
    "key": ("clé", "identifiant", "n° client", "customer number", "n° produit", "n° article"),
    "kind": ("type", "nature", "type de client", "type de tiers", "customer type"),
    "label_en": ("libellé anglais",),
    "label_fr": ("libellé français",),
    "level": ("niveau",),
    "life_value": ("valeur de vie",),
    "member": ("membre",),
    "name": (
        "nom",
        "dénomination",
        "raison sociale",
        "libellé",
        "désignation",
        "nom complet",
        "nom du client",
        "nom du produit",
        "full name",
    ),
    "need": ("besoin",),
    "no_alternative": ("sans alternative",),
    "notified_on": ("informé le", "date d'information"),
    "occupation": ("profession", "métier"),
    "operator": ("opérateur",),
    "order": (
        "commande",
        "n° de commande",
        "facture",
        "n° de facture",
        "order number",
        "invoice",
        "invoice number",
    ),
    "organization": ("organisation",),
    "parent": ("rattachement", "unité mère", "maison mère"),
    "party": ("partie", "tiers", "client", "n° client", "customer", "customer number"),
    "payer": ("payeur",),
    "payment_date": ("date de paiement", "paiement"),
    "persona": ("persona",),
    "persona_need": ("besoin du persona",),
    "phone": ("téléphone", "tél", "n° de téléphone", "portable", "mobile", "phone number"),
    "point_of_sale": ("point de vente", "magasin"),
    "postal_code": ("code postal", "cp", "zip", "zip code", "postcode"),
    "price_basis": ("base de prix", "tarif"),
    "priority": ("priorité",),
    "product": ("produit", "article", "n° produit", "n° article", "product number"),
    "profile": ("profil",),
    "property": ("propriété",),
    "purpose": ("usage", "finalité"),
    "quantity": ("quantité", "qté", "qty"),
    "query": ("requête",),
    "reason": ("motif", "raison"),
    "receiver": ("destinataire", "récepteur"),
    "recipient": ("bénéficiaire", "destinataire"),
    "recommender": ("recommandeur", "prescripteur"),
    "recorded_at": ("enregistré le", "date d'enregistrement"),
    "referred": ("recommandé", "personne recommandée", "référé", "filleul"),
    "refunds": ("rembourse",),
    "registration_id": ("immatriculation", "siren", "siret"),
    "requester": ("demandeur",),
    "residence": ("résidence",),
    "resolved_on": ("résolu le", "date de résolution"),
    "resulting_order": ("commande passée", "commande résultante"),
    "role": ("rôle", "fonction"),
    "scale": ("échelle",),
    "score": ("note",),
    "segment": ("segment",),
    "seller": ("vendeur",),
    "sender": ("émetteur", "expéditeur"),
    "service": ("service",),
    "severity": ("gravité",),
    "sex": ("sexe",),
    "share": ("part", "quote-part"),
    "specifier": ("prescripteur", "prescripteur interne"),
    "start": ("début", "date de début"),
    "stated_outcome": ("issue déclarée", "résultat déclaré"),
    "statement": ("énoncé",),
    "status": ("état", "statut"),
    "street": ("rue", "adresse", "voie", "adresse postale", "address"),
    "study": ("étude",),
    "study_date": ("date de l'étude",),
    "supplier": ("fournisseur",),
    "technical_review": ("avis technique", "revue technique"),
    "timing": ("échéance", "calendrier"),
    "tool": ("outil",),
    "topic": ("thème",),
    "user": ("utilisateur",),
    "value": ("valeur",),
}
"""Column -> French names. The one place for them."""

_SMALL = frozenset(("d", "de", "des", "du", "l", "la", "le", "les", "of", "the"))
"""Words that names of columns have or lack without meaning something else."""
_TELLING_APART = re.compile("cle|code|id|identifiant|identifier|key|no?|num(ber|ero)?|ref(erence)?")
"""Words for what tells records apart, of which one stands for any other."""


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """Return a name without case, accents, small words, and what separates its words."""
    return "".join(_words(name))


def _words(name: str) -> list[str]:
    """Return the words of a name without case, accents and small words."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = (one for one in decomposed if not unicodedata.combining(one))
    words = "".join(one if one.isalnum() else " " for one in plain).split()
    return [word for word in words if word not in _SMALL] or words


@lru_cache(maxsize=4096)
def _alike(name: str) -> str:
    """Return what names have in common that tell records apart by other words."""
    words = _words(name)
    others = [word for word in words if not _TELLING_APART.fullmatch(word)]
    return folded(name) if others == words else f"n° {''.join(others)}"


def is_name(text: str) -> bool:
    """Tell whether a text names a column of some template."""
    return folded(text) in _NAMES or _alike(text) in _NAMES


_NAMES = frozenset(
    form(name)
    for column, synonyms in SYNONYMS.items()
    for name in (column, *synonyms)
    for form in (folded, _alike)
)


def recognise(header: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    """Return column of the template -> name in the header, for those of `columns` that are there.

    An exact name wins over a synonym; of two synonyms the first in the header is taken. The key of
    another record is not that of the row itself, where the template has a column for it.
    """
    wanted = sorted(columns, key=lambda column: column == "key")
    names: dict[str, str] = {}
    for form in (folded, _alike):
        for column in wanted:
            for synonym in SYNONYMS.get(column, ()):
                names.setdefault(form(synonym), column)
    names |= {folded(column): column for column in wanted}
    found: dict[str, str] = {}
    for name in header:
        column_found = names.get(folded(name)) or names.get(_alike(name))
        if column_found is not None and (column_found not in found or name == column_found):
            found[column_found] = name
    return found
