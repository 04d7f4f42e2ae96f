"""Analyses of referral chains and of internal supplier-client chains."""

from kg.analysis.registry import ANALYSES, Analysis, Option

__all__ = ["ANALYSES", "Analysis", "Option"]
