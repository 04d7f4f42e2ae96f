"""SHACL compiled to SQL: shapes graph, checks, validation report."""

from kg.shacl.affected import Change, Doubt
from kg.shacl.conformance import Condition, conditions
from kg.shacl.loader import load_shapes
from kg.shacl.model import Shape, Shapes
from kg.shacl.project import project_shapes, shapes_of, shapes_of_documents
from kg.shacl.report import Report, ValidationResult
from kg.shacl.validate import validate

__all__ = [
    "Change",
    "Condition",
    "Doubt",
    "Report",
    "Shape",
    "Shapes",
    "ValidationResult",
    "conditions",
    "load_shapes",
    "project_shapes",
    "shapes_of",
    "shapes_of_documents",
    "validate",
]
