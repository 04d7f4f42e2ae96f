"""Tables of the store and the kinds of RDF terms."""

from __future__ import annotations

from enum import IntEnum

VERSION = 8
"""Version of the tables; an older file is brought up to it, a newer one is refused."""

DEFAULT_GRAPH = 0
"""Id that stands for the unnamed graph in the column `g`."""


class Kind(IntEnum):
    """Kind of a term; the order is that of `ORDER BY` between kinds (SPARQL 1.1, section 15.1)."""

    BLANK = 1
    IRI = 2
    STRING = 3
    LANG = 4
    BOOLEAN = 5
    INTEGER = 6
    DECIMAL = 7
    FLOAT = 8
    DOUBLE = 9
    DATETIME = 10
    DATE = 11
    TIME = 12
    YEARMONTH = 13
    YEAR = 14
    OTHER = 20
    """Literal of a datatype whose values are not known here."""
    ILL = 21
    """Literal whose lexical form is not in the lexical space of its datatype."""


NUMERIC = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DOUBLE)
EXACT = (Kind.INTEGER, Kind.DECIMAL)
TEMPORAL = (Kind.DATETIME, Kind.DATE, Kind.TIME, Kind.YEARMONTH, Kind.YEAR)

ZONED_BIT = 40
UNZONED_BIT = 41
"""Bits of `predicate.kinds`: a time with, a time without a zone was seen."""

TOKENS = """
CREATE TABLE token (
    id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    personal BOOLEAN NOT NULL,
    created TIMESTAMP NOT NULL,
    expires TIMESTAMP,
    revoked TIMESTAMP
);
"""

PROPERTY_COLUMNS = """
CREATE TABLE property_column (
    "commit" BIGINT NOT NULL,
    part VARCHAR NOT NULL,
    form VARCHAR NOT NULL,
    p BIGINT NOT NULL,
    o BIGINT,
    number INTEGER NOT NULL,
    stored VARCHAR[] NOT NULL,
    kind UTINYINT,
    always BOOLEAN NOT NULL,
    via INTEGER,
    digits UTINYINT
);
"""
"""The columns of each part of the property table of a commit (see `kg.store.property_table`)."""

QUARANTINE = """
CREATE TABLE quarantine_file (
    run VARCHAR NOT NULL,
    file INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    at_time TIMESTAMP NOT NULL,
    document VARCHAR NOT NULL,
    mapping VARCHAR,
    sources VARCHAR[] NOT NULL,
    header VARCHAR[] NOT NULL,
    form VARCHAR NOT NULL
);
CREATE TABLE quarantine_row (
    run VARCHAR NOT NULL,
    file INTEGER NOT NULL,
    row BIGINT NOT NULL,
    record BIGINT NOT NULL,
    cells VARCHAR[] NOT NULL,
    reasons VARCHAR NOT NULL
);
CREATE TABLE quarantine_node (
    run VARCHAR NOT NULL,
    file INTEGER NOT NULL,
    record BIGINT NOT NULL,
    node VARCHAR NOT NULL,
    missing BOOLEAN NOT NULL
);
"""
"""Rows that imports refused, by the import (`run`) and the number of their file in it.

`quarantine_file.document` is the name of the mapping document and `mapping` its text, NULL for a
template; `sources` are those of its sources that read the file, and `form` is how it is written.
`quarantine_row.record` is the row by which the rows of one record are known. `quarantine_node` has
the nodes that a record describes, and those that it needs and nobody describes (`missing`).
"""

WORDS = """
CREATE TABLE word (
    word VARCHAR NOT NULL,
    term BIGINT NOT NULL
);
"""
"""Words of texts, folded, with the id of the text (see `kg.store.words`)."""

TABLES = (
    """
CREATE TABLE term (
    id BIGINT NOT NULL,
    kind UTINYINT NOT NULL,
    lex VARCHAR NOT NULL,
    dt VARCHAR,
    lang VARCHAR,
    num DECIMAL(38, 10),
    dbl DOUBLE,
    ts TIMESTAMP,
    tz SMALLINT,
    h UBIGINT NOT NULL
);
CREATE INDEX term_h ON term (h);
CREATE TABLE quad (
    s BIGINT NOT NULL,
    p BIGINT NOT NULL,
    o BIGINT NOT NULL,
    g BIGINT NOT NULL,
    k UTINYINT NOT NULL,
    num DECIMAL(38, 10),
    dbl DOUBLE,
    ts TIMESTAMP,
    tz SMALLINT,
    born BIGINT NOT NULL,
    died BIGINT,
    origin BIGINT
);
CREATE VIEW live AS SELECT * FROM quad WHERE died IS NULL;
CREATE TABLE predicate (
    p BIGINT NOT NULL,
    dup BOOLEAN NOT NULL,
    wide BOOLEAN NOT NULL,
    kinds UBIGINT NOT NULL,
    digits UTINYINT NOT NULL
);
CREATE TABLE graph (
    g BIGINT NOT NULL,
    iri VARCHAR NOT NULL
);
CREATE TABLE "commit" (
    number BIGINT NOT NULL,
    at_time TIMESTAMP NOT NULL,
    agent VARCHAR NOT NULL,
    activity VARCHAR NOT NULL,
    note VARCHAR NOT NULL
);
CREATE TABLE import_run (
    id VARCHAR NOT NULL,
    number BIGINT,
    at_time TIMESTAMP NOT NULL,
    agent VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    report VARCHAR NOT NULL,
    undone BIGINT,
    turn BIGINT
);
CREATE TABLE restated (
    s BIGINT NOT NULL,
    turn BIGINT NOT NULL
);
CREATE TABLE setting (
    name VARCHAR NOT NULL,
    value VARCHAR NOT NULL
);
"""
    + TOKENS
    + QUARANTINE
    + WORDS
    + PROPERTY_COLUMNS
)
"""`quad` repeats the typed value of the object beside it, so that filters and sums need no join.

`quad.origin`: the place in its import that a quad comes from, see `origin_of`; NULL for others.
`import_run.number`: the commit of the import; NULL where it changed nothing.
`import_run.turn`: place of the import among all imports.
`import_run.undone`: the commit that took the import back.
`restated`: subjects of which the import of a turn stated again what was live already.
`predicate.dup`: the same triple is live in two graphs, so the union of graphs needs a distinct.
`predicate.wide`: an object has an exact value that the typed columns cannot hold.
`predicate.kinds`: the kinds of its objects, one bit each, with ZONED and UNZONED for times.
`predicate.digits`: decimals that its exact numbers have at most (0, 2, 4, 6 or 10).
The last four only ever grow, so they hold for the past too.

`graph` names every graph that ever held a quad, so that those hidden from a reader are found
without a look at the quads.

`token.hash` is the SHA-256 of what a caller shows; what it shows is not kept.
"""

UPGRADES = {
    1: """
    CREATE TABLE graph (g BIGINT NOT NULL, iri VARCHAR NOT NULL);
    INSERT INTO graph SELECT id, lex FROM term WHERE id IN (SELECT DISTINCT g FROM quad);
    """
    + TOKENS,
    2: """
    DROP VIEW live;
    ALTER TABLE quad ADD COLUMN origin BIGINT;
    CREATE VIEW live AS SELECT * FROM quad WHERE died IS NULL;
    ALTER TABLE import_run ADD COLUMN undone BIGINT;
    CREATE TABLE restated (s BIGINT NOT NULL, number BIGINT NOT NULL);
    """,
    3: """
    ALTER TABLE import_run ALTER COLUMN number DROP NOT NULL;
    ALTER TABLE import_run ADD COLUMN turn BIGINT;
    UPDATE import_run SET turn = number;
    ALTER TABLE restated RENAME COLUMN number TO turn;
    """
    + QUARANTINE,
    4: WORDS,
    5: PROPERTY_COLUMNS,
    # A table without what is carried from wholes is one without all instances: to be built anew.
    6: """
    ALTER TABLE property_column ADD COLUMN IF NOT EXISTS via INTEGER;
    DELETE FROM setting WHERE name = 'property_members';
    """,
    # So is one whose numbers all take 128 bits.
    7: """
    ALTER TABLE property_column ADD COLUMN IF NOT EXISTS digits UTINYINT;
    DELETE FROM setting WHERE name = 'property_members';
    """,
}
"""What turns the tables of a version into those of the next one."""

ROW_BITS = 40
"""Bits of `quad.origin` that hold the row; those above hold the file's number."""


def origin_of(file: str, row: str) -> str:
    """Return the SQL of `quad.origin` for the SQL of a file's number in its import and of a row."""
    return f"(({file})::BIGINT << {ROW_BITS} | ({row})::BIGINT)"


def file_of(origin: str) -> str:
    """Return the SQL of the file's number for the SQL of `quad.origin`."""
    return f"({origin} >> {ROW_BITS})"


def place_of(origin: int) -> tuple[int, int]:
    """Return the file's number and the row that `quad.origin` stands for."""
    return origin >> ROW_BITS, origin & ((1 << ROW_BITS) - 1)
