"""The main patterns of the model: classes that are understood together, and their drawings."""

from __future__ import annotations

from kg.terminology.drawing import drawn
from kg.terminology.terms import Term, Terminology

PATTERNS: tuple[tuple[str, ...], ...] = (
    ("Party", "NaturalPerson", "Organization", "LegalEntity", "OrganizationalUnit", "Household"),
    ("Purchase", "PurchaseLine", "Refund", "Use"),
    ("Recommendation", "Referral", "Acquaintance"),
    ("CustomerRelationship", "Contract", "RoleAssignment", "Interaction"),
    ("SupplyRelation", "ServiceLevelAgreement", "InternalServiceEvent"),
    ("PurchaseRequest", "ClientRequest", "StatusChange"),
    ("Segment", "Criterion", "Targeting"),
    ("BuyerPersona", "PersonaCard", "MarketStudy"),
    ("Qualification", "SatisfactionMeasurement", "Refusal"),
    ("ProfileAssessment", "BadExperience", "Resolution"),
    ("Communication", "ProductInformation", "AccessGrant"),
    ("ConsentRecord", "PersonalDataProcessing"),
    ("RecordMerge",),
    ("Classification", "Evidence", "Shortfall", "ParameterSet", "ParameterSetting"),
)
"""Names of classes; a pattern goes by its first one (modelling decisions, section 4)."""


def main_patterns(terminology: Terminology, language: str) -> list[tuple[Term, str]]:
    """Return the first class of each pattern, and the drawing of all its classes as SVG."""
    found = []
    for names in PATTERNS:
        classes = [term for name in names if (term := terminology.named(name)) is not None]
        found.append((classes[0], drawn(classes, terminology, language)))
    return found
