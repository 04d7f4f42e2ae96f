"""The DuckDB file: tables, term dictionary, transactions, history, RDF in and out."""

from kg.store.counting import counted
from kg.store.database import (
    Cursor,
    EngineError,
    EngineInterrupted,
    EngineOutOfMemory,
    Statement,
    Store,
    head_of,
    kept_of,
    view_of,
)
from kg.store.dictionary import add_iris, drop, identified, next_id, prime, temporary
from kg.store.kept_tables import KeptTables
from kg.store.schema import DEFAULT_GRAPH, Kind, place_of
from kg.store.stages import Key, Shared
from kg.store.terms import (
    ODD_IN_IRI,
    RawTerm,
    TermKey,
    TypedTerm,
    decode,
    lookup,
    lookup_nodes,
    read_term,
    term_key,
    to_rdflib,
    type_terms,
)
from kg.store.transaction import Transaction
from kg.store.visibility import State, hidden_ids, hides, state_of

__all__ = [
    "DEFAULT_GRAPH",
    "ODD_IN_IRI",
    "Cursor",
    "EngineError",
    "EngineInterrupted",
    "EngineOutOfMemory",
    "KeptTables",
    "Key",
    "Kind",
    "RawTerm",
    "Shared",
    "State",
    "Statement",
    "Store",
    "TermKey",
    "Transaction",
    "TypedTerm",
    "add_iris",
    "counted",
    "decode",
    "drop",
    "head_of",
    "hidden_ids",
    "hides",
    "identified",
    "kept_of",
    "lookup",
    "lookup_nodes",
    "next_id",
    "place_of",
    "prime",
    "read_term",
    "state_of",
    "temporary",
    "term_key",
    "to_rdflib",
    "type_terms",
    "view_of",
]
