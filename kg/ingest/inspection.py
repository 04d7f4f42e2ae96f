"""What a file is, before anything is made of it: format, encoding, columns, template, a sample."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import UsageError
from kg.ingest.headers import is_name, recognise
from kg.ingest.inputs import find_inputs, is_rdf, template
from kg.ingest.layout import Layout
from kg.ingest.readers import read_table
from kg.ingest.suggestion import suggest
from kg.store import Cursor, Store

SAMPLE = 5
"""Rows of a file that are shown."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a file is.

    `template` is the one that it is named after; where there is none, `proposed` is the text of a
    mapping document that follows the template `likely`, and `missing` what that needs in vain.
    `known` has the template's column for each column that one is known for.
    """

    name: str
    kind: str
    """`table` or `rdf`."""
    size: int
    ending: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    rows: int = 0
    columns: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    sample: tuple[tuple[str | None, ...], ...] = ()
    template: str | None = None
    likely: str | None = None
    proposed: str | None = None
    missing: tuple[str, ...] = ()
    known: dict[str, str] = dataclasses.field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as values that JSON knows."""
        return dataclasses.asdict(self)


def inspect(path: Path, *, language: str = "en") -> list[Inspected]:
    """Return what a file is; a workbook with sheets named after templates is one for each.

    A document that is proposed has its comments in the language `en` or `fr`.

    Raises:
        SourceError: it cannot be read.
    """
    size, ending = path.stat().st_size, "".join(path.suffixes[-2:]).lower()
    if is_rdf(path):
        return [Inspected(path.name, "rdf", size, ending)]
    with Store.open() as store:
        cursor = store.cursor()
        try:
            given = find_inputs([path], None).tables
        except UsageError:
            return [_unknown(cursor, path, size, language)]
        found = []
        for number, (document, files) in enumerate(given):
            file = next(iter(files.values()))
            name = document.name.rpartition(".")[0] or document.name
            read = _read(cursor, path, size, f"inspected_{number}", file.sheet)
            cells = [c.column for s in template(name).sources if s.access for c in s.cells]
            known = {header: column for column, header in recognise(read.columns, cells).items()}
            found.append(dataclasses.replace(read, template=name, known=known))
        return found


def _read(cursor: Cursor, path: Path, size: int, relation: str, sheet: str | None) -> Inspected:
    layout = Layout(lambda cells: sum(is_name(cell) for cell in cells), sheet=sheet)
    table = read_table(cursor, path, relation, layout)
    cells = ", ".join(f"c{i}" for i in range(len(table.columns)))
    sample = cursor.execute(
        f"SELECT {cells} FROM temp.{relation} ORDER BY _row LIMIT {SAMPLE}"
    ).fetchall()
    text = table.form.ending in (".csv", ".tsv")
    return Inspected(
        table.name,
        "table",
        size,
        table.form.ending,
        encoding=table.form.encoding if text else "",
        delimiter=table.form.delimiter if text else "",
        sheet=sheet or "",
        rows=table.rows,
        columns=table.columns,
        notices=table.notices,
        sample=tuple(sample),
    )


def _unknown(cursor: Cursor, path: Path, size: int, language: str) -> Inspected:
    """Return what a file is that is not named after a template, with a proposal where one fits."""
    read = _read(cursor, path, size, "inspected", None)
    try:
        proposal = suggest(cursor, path, language=language)
    except UsageError:
        return read
    return dataclasses.replace(
        read,
        likely=proposal.template,
        proposed=proposal.text,
        missing=proposal.missing,
        notices=(*read.notices, *proposal.notices),
        known={
            header: column
            for column, rule in proposal.columns.items()
            for header in read.columns
            if header and f"$({header})" in rule
        },
    )
