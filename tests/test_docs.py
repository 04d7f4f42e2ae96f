"""Every command, option and setting is documented; every link of a document leads somewhere."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kg.analysis import ANALYSES
from kg.cli import main
from kg.config import Settings
from kg.ingest import template, template_names
from kg.ingest.functions import FUNCTIONS
from kg.ingest.yarrrml import parse_document

_SHARED = {"data_dir", "url", "token", "help"}


def _commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(_commands(main))


@pytest.fixture(scope="module")
def reference(root: Path) -> dict[str, str]:
    """Return the sections of the command reference by command."""
    text = (root / "docs" / "command-line.md").read_text("utf-8")
    parts = re.split(r"^## `(?:clientgraph )?([a-z -]+)`\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_its_options(name: str, reference: dict[str, str]) -> None:
    section = next(reference[key] for key in (name, name.split()[0]) if key in reference)
    if " " in name:
        assert f"`{name.split()[-1]}`" in section
    common = reference.get("analyses", "")
    for parameter in COMMANDS[name].params:
        if parameter.name in _SHARED or not isinstance(parameter, click.Option):
            continue
        for option in parameter.opts:
            assert f"`{option}" in section or f"`{option}" in common, f"{name} {option}"


def test_every_documented_command_exists(reference: dict[str, str]) -> None:
    known = {name.split()[0] for name in COMMANDS} | set(COMMANDS)
    assert set(reference) - {"analyses"} <= known


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    assert (COMMANDS[name].help or "").strip()
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option) and not isinstance(parameter.type, click.Choice):
            assert parameter.help, f"{name} {parameter.opts[0]}"


@pytest.mark.parametrize("setting", dataclasses.fields(Settings), ids=lambda one: one.name)
def test_every_setting_is_documented(setting: dataclasses.Field[object], root: Path) -> None:
    text = (root / "docs" / "configuration.md").read_text("utf-8")
    name = f"CLIENTGRAPH_{setting.name.upper()}"
    assert f"| `{name}` | `{setting.default}` | {setting.metadata['help']} |" in text


def test_no_setting_is_documented_that_does_not_exist(root: Path) -> None:
    text = (root / "docs" / "configuration.md").read_text("utf-8")
    named = set(re.findall(r"CLIENTGRAPH_([A-Z_]+)", text))
    assert named == {setting.name.upper() for setting in dataclasses.fields(Settings)}


def test_links_between_documents_lead_to_files(project_files: list[Path], root: Path) -> None:
    missing = [
        f"{document.relative_to(root)}: {target}"
        for document in project_files
        if document.suffix == ".md" and "vendor" not in document.parts
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
        if "://" not in target and not (document.parent / target).exists()
    ]
    assert missing == []


def test_readme_names_targets_that_exist(root: Path) -> None:
    makefile = (root / "Makefile").read_text("utf-8")
    for target in re.findall(
        r"(?:^|`)make ([a-z-]+)", (root / "README.md").read_text("utf-8"), re.MULTILINE
    ):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_function_of_mapping_documents_is_documented(root: Path) -> None:
    text = (root / "docs" / "mapping.md").read_text("utf-8")
    for name, function in FUNCTIONS.items():
        parameters = list(function.parameters)
        for place in range(1, function.optional + 1):
            parameters[-place] += "?"
        if function.variadic:
            parameters[-1] += " ..."
        assert f"| `{name}({', '.join(parameters)})` | {function.about} |" in text
    assert len(re.findall(r"^\| `\w+\(", text, re.MULTILINE)) == len(FUNCTIONS)


@pytest.mark.parametrize("name", template_names())
def test_every_template_is_documented_with_its_columns(name: str, root: Path) -> None:
    assert f"| `{name}.csv` | {template_columns(name)} |" in (root / "docs/mapping.md").read_text(
        "utf-8"
    )


def template_columns(name: str) -> str:
    """Return the columns of a template as the documentation writes them."""
    (cells,) = (source.cells for source in template(name).sources if source.access)
    return ", ".join(
        (f"**{cell.column}**" if cell.required else cell.column)
        + (f" ({', '.join(f'`{one}`' for one in cell.one_of)})" if cell.one_of else "")
        for cell in cells
        if cell.column != "recorded_at"
    )


def test_the_example_of_a_mapping_document_is_one(root: Path) -> None:
    text = (root / "docs" / "mapping.md").read_text("utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example
    assert len(parse_document(example[1], "mapping.md").mappings) == 3


@pytest.mark.parametrize("name", [name for name in ANALYSES if " " in name])
def test_every_analysis_is_documented_with_its_columns(
    name: str, reference: dict[str, str]
) -> None:
    group, command = name.split()
    analysis = ANALYSES[name]
    row = re.search(rf"^\| `{command}`.*$", reference[group], re.MULTILINE)
    assert row
    assert row[0].endswith(f" | {analysis.en} | {', '.join(analysis.columns)} |")
    for option in analysis.options:
        written = f" `--{option.name}`" if option.required else f"[`--{option.name}`"
        assert written in row[0]
