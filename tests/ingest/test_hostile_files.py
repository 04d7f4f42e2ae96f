"""Mutated files, mappings and RDF: refused in words or imported whole, never anything else."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from pathlib import Path

import openpyxl
import pytest

from kg.errors import ClientgraphError
from kg.ingest import ImportOptions, run_import
from kg.shacl import Shapes
from kg.store import Store

NASTY = [
    b"\0", b'"', b"'", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n", b",", b";",
    b"\t", b"\x1a", b"\xed\xa0\x80", b"{", b"}", b"[", b"]", b"$(", b")", b"<", b">", b"&", b":",
    b"  ", b"9" * 40, b"-", b"\xc3", "\u2028".encode(), b"1e999", b"NaN", b"*", b"!", b"%", b"@",
]  # fmt: skip
PARTIES = (
    "key,kind,name,email,phone,country,birth_date,annual_potential\n"
    'P1,person,"Ada, Zoé",a@example.org,01 99 00 12 34,France,1980-05-17,12.5\n'
    'L1,legal,"Firm ""X""",,,,,\n'
)
YARRRML = """
prefixes: {ex: http://x/}
sources:
  rows: {access: people.csv, referenceFormulation: csv, columns: {day: "date($(Day), dmy)"}}
mappings:
  person:
    sources: rows
    s: ex:$(Id)
    condition: isNotNull($(Name))
    po:
      - [a, cg:NaturalPerson]
      - [rdfs:label, $(Name), $(Lang)~lang]
      - {p: cg:date, o: {f: "first($(day), importTime())", datatype: xsd:date}, graphs: personal}
      - {p: ex:knows, o: {mapping: person, condition: "equal($(Id), $(Friend))"}}
"""
PEOPLE = "Id,Name,Lang,Day,Friend\n1,Ada,fr,01/02/2024,2\n2,Bo,en,3/4/2024,1\n"
TURTLE = '@prefix ex: <http://x/> .\nex:a ex:p "b"@fr, 1, ex:c ; ex:q [ ex:r ( 1 2 ) ] .\n'
JSON_LD = (
    '{"@context": {"p": "http://x/p"}, "@id": "http://x/a", "p": ["b", {"@id": "http://x/c"}]}'
)


def book() -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in csv.reader(PARTIES.splitlines()):
        sheet.append(row)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def opened_document() -> bytes:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in ("key", "kind")
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<office:document-content {spaces}><table:table table:name="S"><table:table-row>'
            f"{cells}</table:table-row></table:table></office:document-content>",
        )
    return file.getvalue()


SEEDS: dict[str, bytes] = {
    "parties.csv": PARTIES.encode(),
    "parties.tsv": PARTIES.replace(",", "\t").encode("cp1252"),
    "parties.csv.gz": gzip.compress(PARTIES.encode(), mtime=0),
    "parties.json": json.dumps(
        {"rows": [{"key": "P1", "kind": "person", "name": {"x": ["Ada", 1.5, None, True]}}]}
    ).encode(),
    "parties.jsonl": b'{"key": "P1", "kind": "person"}\n{"key": "P2", "kind": "legal"}\n',
    "parties.xlsx": book(),
    "parties.ods": opened_document(),
    "a.ttl": TURTLE.encode(),
    "a.jsonld": JSON_LD.encode(),
    "a.ttl.gz": gzip.compress(TURTLE.encode(), mtime=0),
    "m.yml": YARRRML.encode(),
}


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return bytes with a few cuts, insertions, repetitions and flipped bits."""
    data = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 4])):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0:
                del data[place:]
            case 1:
                del data[place : place + chance.randrange(1, 9)]
            case 2:
                data[place:place] = chance.choice(NASTY)
            case 3:
                data[place:place] = data[max(0, place - 30) : place] * chance.choice([1, 2, 50])
            case 4 if place < len(data):
                data[place] ^= 1 << chance.randrange(8)
            case _:
                data[place : place + 1] = chance.choice(NASTY)
    return bytes(data)


def attempt(store: Store, folder: Path, name: str, content: bytes, shapes: Shapes) -> None:
    """Import one file; it is refused in words, or it is a commit of its own."""
    mapping = None
    path = folder / name
    path.write_bytes(content)
    if name == "m.yml":
        mapping, path = path, folder / "people.csv"
        path.write_text(PEOPLE, encoding="utf-8")
    before = store.head
    try:
        report = run_import(store, [path], ImportOptions(mapping=mapping, shapes=shapes))
    except ClientgraphError:
        assert store.head == before
        return
    assert store.head == before + (report.status == "committed")
    assert report.status != "refused" or report.findings


def run(store: Store, folder: Path, shapes: Shapes, seed: int, cases: int) -> None:
    chance = random.Random(seed)
    names = list(SEEDS)
    for case in range(cases):
        name = names[case % len(names)]
        content = mutated(SEEDS[name], chance)
        try:
            attempt(store, folder, name, content, shapes)
        except Exception as error:
            error.add_note(f"seed {seed}, case {case}: {name} holds {content[:2000]!r}")
            raise


def test_seeds_are_read(store: Store, tmp_path: Path, no_shapes: Shapes) -> None:
    for name in SEEDS:
        path, mapping = tmp_path / name, None
        path.write_bytes(SEEDS[name])
        if name == "m.yml":
            mapping, path = path, tmp_path / "people.csv"
            path.write_text(PEOPLE, encoding="utf-8")
        report = run_import(store, [path], ImportOptions(mapping=mapping, shapes=no_shapes))
        assert report.violations == 0, name


def test_mutated_files_are_refused_in_words_or_imported(
    store: Store, tmp_path: Path, no_shapes: Shapes
) -> None:
    run(store, tmp_path, no_shapes, seed=1, cases=33)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_thousands_of_mutated_files(
    store: Store, tmp_path: Path, no_shapes: Shapes, seed: int
) -> None:
    run(store, tmp_path, no_shapes, seed, cases=1100)


CONTEXTS = [
    '{"@context": "http://127.0.0.1:9/c.jsonld", "@id": "http://x/a", "p": "b"}',
    '{"@context": ["https://schema.org"], "@id": "http://x/a", "name": "b"}',
    '{"@context": {"@import": "http://127.0.0.1:9/c"}, "@id": "http://x/a"}',
    '{"@context": {"a": "b:x", "b": "a:x"}, "@id": "http://x/a", "a:y": "z"}',
    '{"@context": ' * 5000 + "{}" + "}" * 5000,
]


@pytest.mark.parametrize("text", CONTEXTS, ids=[text[:40] for text in CONTEXTS])
def test_json_ld_contexts_that_lead_elsewhere_or_nowhere_are_refused(
    store: Store, tmp_path: Path, no_shapes: Shapes, text: str
) -> None:
    (tmp_path / "a.jsonld").write_text(text, encoding="utf-8")
    with pytest.raises(ClientgraphError):
        run_import(store, [tmp_path / "a.jsonld"], ImportOptions(shapes=no_shapes))
    assert store.head == 0
