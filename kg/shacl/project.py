"""The project's own shapes and the vocabulary whose class hierarchy they rely on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from rdflib import RDFS, Graph
from rdflib.term import IdentifiedNode

from kg.errors import ShapesError
from kg.namespaces import CG
from kg.resources import folder
from kg.shacl.loader import load_shape, load_shapes
from kg.shacl.model import Shapes
from kg.shacl.reading import read_bytes, read_file


@lru_cache(maxsize=1)
def project_shapes() -> Shapes:
    """Return the shapes of the project, with the subclass axioms of its vocabulary.

    Raises:
        ShapesError: there is none, or one is wrong.
    """
    found = sorted((folder("ontology") / "shapes").glob("*.ttl"))
    if not found:
        raise ShapesError("The project's shapes are missing: install the package again.")
    return shapes_of(found, trusted=True)


def shapes_of(files: Sequence[Path], *, trusted: bool = False) -> Shapes:
    """Return the shapes of files, with the subclass axioms of the project's vocabulary.

    `trusted` as in `load_shapes`.

    Raises:
        RdfSyntaxError: a file cannot be read.
        ShapesError: a shape is wrong.
    """
    return load_shapes([*files], _vocabulary(), trusted=trusted)


def shapes_of_documents(documents: Iterable[tuple[str, bytes, str]]) -> Shapes:
    """Return the shapes of documents, each (name, content, format), as `shapes_of` does."""
    graph = Graph()
    for number, (name, content, kind) in enumerate(documents):
        read_bytes(graph, content, kind, name, f"d{number}x")
    return load_shapes(graph, _vocabulary())


def shape_of_graph(graph: Graph, node: IdentifiedNode) -> Shapes:
    """Return one shape of a graph, without its targets, as `load_shape` does.

    The subclass axioms of the project's vocabulary count, as in `shapes_of`.
    """
    return load_shape(graph, node, _vocabulary())


@lru_cache(maxsize=1)
def _vocabulary() -> Graph:
    """Return the class hierarchy of the vocabulary."""
    vocabulary = Graph()
    for path in sorted((folder("ontology") / "vocabulary").glob("*.ttl")):
        read_file(vocabulary, path, predicates=(RDFS.subClassOf, CG.derivedBy))
    # Facts are judged by what is said of them: a derived role is no declaration of a party.
    for role in list(vocabulary.subjects(CG.derivedBy)):
        vocabulary.remove((role, RDFS.subClassOf, None))
    return vocabulary
