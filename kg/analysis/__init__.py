"""Analyses of referral chains and of internal supplier-client chains."""

from kg.analysis.described import Analysis, Option
from kg.analysis.registry import ANALYSES

__all__ = ["ANALYSES", "Analysis", "Option"]
