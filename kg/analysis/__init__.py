"""Analyses of the lifecycle, of referral chains and of internal supplier-client chains."""

from kg.analysis.derived import Derived, result_document, write_derived
from kg.analysis.described import Analysis, Option, OptionValue
from kg.analysis.registry import ANALYSES

__all__ = [
    "ANALYSES",
    "Analysis",
    "Derived",
    "Option",
    "OptionValue",
    "result_document",
    "write_derived",
]
