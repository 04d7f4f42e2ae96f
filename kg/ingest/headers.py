"""French names of the columns of templates, accepted beside the English ones.

Names are compared without regard to case, accents, spaces, hyphens and underscores, nor to small
words such as "de": "Date commande" is "date de commande". A name counts for the columns of one
template only, so that one French word may stand for two columns of two templates.
"""

from __future__ import annotations

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
    "client": ("client", "clé client", "customer"),
    "closed_on": ("date de clôture", "clos le"),
    "commercial_review": ("avis commercial", "revue commerciale"),
    "confidence": ("confiance",),
    "core": ("cœur de cible",),
    "country": ("pays",),
    "critical": ("critique",),
    "currency": ("devise", "monnaie"),
    "date": ("date", "date de commande", "date d'achat", "order date", "jour"),
    "declared_type": ("type déclaré",),
    "delivery_date": ("date de livraison", "livraison"),
    "direct_marketing": ("démarchage direct",),
    "direction": ("sens",),
    "due": ("échéance", "à rendre le"),
    "duplicate": ("doublon",),
    "email": ("courriel", "e-mail", "adresse électronique", "mail", "mél", "email address"),
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
    "key": ("clé", "identifiant", "code", "code client", "n° client", "id", "référence"),
    "kind": ("type", "nature"),
    "label_en": ("libellé anglais",),
    "label_fr": ("libellé français",),
    "level": ("niveau",),
    "life_value": ("valeur de vie",),
    "member": ("membre",),
    "name": ("nom", "dénomination", "raison sociale", "libellé"),
    "need": ("besoin",),
    "no_alternative": ("sans alternative",),
    "notified_on": ("informé le", "date d'information"),
    "occupation": ("profession", "métier"),
    "operator": ("opérateur",),
    "order": (
        "commande",
        "numéro de commande",
        "n° commande",
        "n° de commande",
        "facture",
        "n° de facture",
        "order number",
        "invoice",
    ),
    "organization": ("organisation",),
    "parent": ("rattachement", "unité mère", "maison mère"),
    "party": ("partie", "tiers"),
    "payer": ("payeur",),
    "payment_date": ("date de paiement", "paiement"),
    "persona": ("persona",),
    "persona_need": ("besoin du persona",),
    "phone": ("téléphone", "tél", "portable", "mobile", "phone number"),
    "point_of_sale": ("point de vente", "magasin"),
    "postal_code": ("code postal", "cp", "zip", "zip code", "postcode"),
    "price_basis": ("base de prix", "tarif"),
    "priority": ("priorité",),
    "product": ("produit", "article"),
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
    "street": ("rue", "adresse", "voie"),
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


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """Return a name without case, accents, small words, and what separates its words."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = (one for one in decomposed if not unicodedata.combining(one))
    words = "".join(one if one.isalnum() else " " for one in plain).split()
    return "".join([word for word in words if word not in _SMALL] or words)


def recognise(header: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    """Return column of the template -> name in the header, for those of `columns` that are there.

    An exact name wins over a synonym; of two synonyms the first in the header is taken.
    """
    wanted = list(columns)
    names: dict[str, str] = {}
    for column in wanted:
        for synonym in SYNONYMS.get(column, ()):
            names.setdefault(folded(synonym), column)
    names |= {folded(column): column for column in wanted}
    found: dict[str, str] = {}
    for name in header:
        column_found = names.get(folded(name))
        if column_found is not None and (column_found not in found or name == column_found):
            found[column_found] = name
    return found
