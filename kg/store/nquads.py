r"""N-Quads read line by line on the engine, many lines at a time.

The engine recognises the plain lines, nearly all of a large file, with one regular expression and
cuts them into terms. The expression admits less than the grammar of RDF 1.1 N-Quads: a line with
other spacing, a comment, a `\u` escape or a rare IRI is handed back as it is, for a full parser.

The store's own connection may not open files. So a second connection to nothing reads them, and
what it reads flows through the Arrow C stream interface, without a copy on disk.
"""

from __future__ import annotations

import codecs
import contextlib
import glob
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
from sqlglot import exp

from kg.store.typing import RDF_LANG_STRING, XSD_STRING

_UCS = r"\x{A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}"
_PLAIN = r"A-Za-z0-9._~!$&'()*+,;=:@" + _UCS
_ESCAPED = "%[0-9A-Fa-f]{2}"
_SEGMENT = f"(?:[{_PLAIN}-]|{_ESCAPED})"
_PATH = f"(?:[{_PLAIN}/-]|{_ESCAPED})*"
_QUERY = f"(?:[{_PLAIN}/?-]|{_ESCAPED})*"
_AUTHORITY = r"//[A-Za-z0-9._~-]*(?::[0-9]+)?"
_IRI = (
    rf"<[A-Za-z][A-Za-z0-9+.-]*:(?:{_AUTHORITY}(?:/{_PATH})?|{_SEGMENT}{_PATH})"
    rf"(?:\?{_QUERY})?(?:#{_QUERY})?>"
)
_BLANK = r"_:[A-Za-z0-9_][A-Za-z0-9_-]*"
_TAG = "[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-[A-Za-z]{2})?"
_LITERAL = rf"""\"(?:[^\"\\\n\r]|\\[tnr\"\\])*\"(?:\^\^{_IRI}|@{_TAG})?"""
LINE = rf"(?:{_IRI}|{_BLANK}) {_IRI} (?:{_IRI}|{_BLANK}|{_LITERAL})(?: (?:{_IRI}|{_BLANK}))? \."
"""Regular expression (RE2) of the lines that are cut by the engine."""

_BLOCK = 2**20
_PART = 256 * _BLOCK
"""Size of the parts in which a large file is read, in bytes."""
_LONGEST = 4 * _BLOCK
"""Longest line read on the engine, in bytes; its buffers are sized by it."""

_READ = f"""
read_csv(?, columns = {{'line': 'VARCHAR'}}, header = false, auto_detect = false,
    delim = '', quote = '', escape = '', comment = '', max_line_size = {_LONGEST})
"""

# A pattern given as a parameter would not be compiled once for all lines.
_PATTERN = exp.Literal.string(LINE).sql("duckdb")

# A token that holds a quotation mark is the end of a literal, and no graph name holds one.
_CUT = rf"""
WITH lines AS (
    SELECT line, regexp_full_match(line, {_PATTERN}) AS plain FROM {_READ}
    WHERE line IS NOT NULL
), tokens AS (
    SELECT line, plain, string_split(line, ' ') AS t FROM lines
), parts AS (
    SELECT line, plain, t[1] AS s, t[2] AS p,
        CASE WHEN len(t) > 4 AND NOT contains(t[-2], '"') THEN t[-2] END AS g,
        substr(line, length(t[1]) + length(t[2]) + 3,
            length(line) - length(t[1]) - length(t[2]) - 4 - coalesce(length(g) + 1, 0)) AS o
    FROM tokens
), literals AS (
    SELECT *, starts_with(o, '"') AS quoted, contains(o, '\') AS escaped,
        CASE WHEN NOT quoted THEN NULL
             WHEN escaped THEN regexp_extract(o, '^"(.*)"', 1, 's')
             ELSE split_part(o, '"', 2) END AS lex,
        CASE WHEN NOT quoted THEN NULL
             WHEN escaped THEN regexp_extract(o, '[^"]*$')
             ELSE split_part(o, '"', 3) END AS tail
    FROM parts
), terms AS (
    SELECT line, s, p, g, quoted, escaped, CASE WHEN quoted THEN lex ELSE o END AS o,
        CASE WHEN tail = '' THEN '{XSD_STRING}' WHEN tail[1] = '@' THEN '{RDF_LANG_STRING}'
             ELSE tail[4:-2] END AS odt,
        CASE WHEN tail[1] = '@' THEN lower(tail[2:]) END AS olang,
        plain AND NOT coalesce(starts_with(tail, '^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#')
            OR escaped AND contains(lex, chr(1)), false) AS plain
    FROM literals
)
"""
"""A datatype of the namespace rdf: may be one that needs a language tag: the parser decides."""

_BARE = "CASE WHEN starts_with({0}, '<') THEN {0}[2:-2] ELSE {0} END"
_UNESCAPED = "o"
for _escape, _character in (
    (r"'\\'", "chr(1)"),
    (r"'\"'", "'\"'"),
    (r"'\n'", "chr(10)"),
    (r"'\r'", "chr(13)"),
    (r"'\t'", "chr(9)"),
    ("chr(1)", r"'\'"),
):
    _UNESCAPED = f"replace({_UNESCAPED}, {_escape}, {_character})"

_SPLIT = f"""
{_CUT}
SELECT CASE WHEN plain THEN {_BARE.format("s")} END AS s,
    CASE WHEN plain THEN {_BARE.format("p")} END AS p,
    CASE WHEN NOT plain THEN NULL WHEN NOT quoted THEN {_BARE.format("o")}
         WHEN escaped THEN {_UNESCAPED} ELSE o END AS o,
    CASE WHEN plain THEN odt END AS odt,
    CASE WHEN plain THEN olang END AS olang,
    CASE WHEN plain THEN {_BARE.format("g")} END AS g,
    CASE WHEN NOT plain THEN line END AS rest
FROM terms
"""


def can_be_cut(path: Path) -> bool:
    """Tell whether `cut_lines` can read a file to its end.

    An error halfway would abort the transaction that the lines go to, so this is found out first:
    the text is UTF-8, its line ends are all alike, no line is very long, no byte is 0.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    feeds = returns = 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False
            found = block.count(b"\n")
            if b"\0" in block or (not found and len(block) == _BLOCK):
                return False
            feeds += found
            returns += block.count(b"\r")
    return returns == 0 or (returns == feeds and _ends_alike(path))


def _ends_alike(path: Path) -> bool:
    """Tell whether a file with as many CR as LF has them in pairs only."""
    with path.open("rb") as stream:
        return all(line.count(b"\r") == line.count(b"\r\n") for line in stream)


def parts_of(path: Path) -> Iterator[Path]:
    """Yield files that together hold the lines of a file, each of a size that memory bears.

    A file is there until the next one is asked for.
    """
    if path.stat().st_size <= _PART:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="clientgraph-") as folder, path.open("rb") as source:
        part = Path(folder) / "part"
        while block := source.read(_PART):
            part.write_bytes(block + source.readline())
            yield part


class _Stream:
    """A relation of one database in the shape that another database accepts."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self._relation = relation

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._relation.__arrow_c_stream__(requested_schema)


@contextlib.contextmanager
def cut_lines(cursor: duckdb.DuckDBPyConnection, path: Path, view: str) -> Iterator[None]:
    """Make the lines of a file readable once, on `cursor`, as the relation `view`.

    Its columns are s, p, o, odt, olang, g (see `kg.store.staging`) and `rest`: a line that is not
    cut, in place of the others. The file must pass `can_be_cut`.
    """
    reader = duckdb.connect(config={"memory_limit": "1GB"})
    try:
        relation = reader.sql(_SPLIT, params=[glob.escape(str(path))])
        cursor.register(view, _Stream(relation))
        yield
        cursor.unregister(view)
    finally:
        reader.close()
