"""YAML with places: every node knows the file and line it stands in, for error messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import yaml

from kg.errors import MappingError


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a YAML document; all scalars are texts."""

    file: str
    raw: yaml.Node
    external: Mapping[str, str] = field(default_factory=dict)
    """Values that the document gives under names, for its templates."""

    @property
    def place(self) -> str:
        """File and line, as `shop.yml line 7`."""
        return f"{self.file} line {self.raw.start_mark.line + 1}"

    def error(self, message: str) -> MappingError:
        """Return the error of this node."""
        return MappingError(f"{self.place}: {message}.")

    @property
    def is_text(self) -> bool:
        """The node is a scalar."""
        return isinstance(self.raw, yaml.ScalarNode)

    @property
    def is_list(self) -> bool:
        """The node is a sequence."""
        return isinstance(self.raw, yaml.SequenceNode)

    def text(self) -> str:
        """Return the text of a scalar.

        Raises:
            MappingError: it is none.
        """
        if not isinstance(self.raw, yaml.ScalarNode):
            raise self.error("a text is expected here")
        return str(self.raw.value)

    def flag(self) -> bool:
        """Return the truth of `true` or `false`.

        Raises:
            MappingError: it is neither.
        """
        if self.text() not in {"true", "false"}:
            raise self.error("true or false is expected here")
        return self.text() == "true"

    def elements(self) -> list[Node]:
        """Return the elements of a list; anything else is a list of one."""
        if isinstance(self.raw, yaml.SequenceNode):
            return [replace(self, raw=item) for item in self.raw.value]
        return [self]

    def texts(self) -> tuple[str, ...]:
        """Return the texts of a list."""
        return tuple(item.text() for item in self.elements())

    def items(self) -> list[tuple[str, Node]]:
        """Return the entries of a mapping in order.

        Raises:
            MappingError: it is none, or a key stands twice.
        """
        if not isinstance(self.raw, yaml.MappingNode):
            raise self.error("keys with values are expected here")
        found: dict[str, Node] = {}
        for key, value in self.raw.value:
            name = replace(self, raw=key).text()
            if name in found:
                raise replace(self, raw=key).error(f"the key {name!r} stands twice")
            found[name] = replace(self, raw=value)
        return list(found.items())

    def entries(self, known: Mapping[str, str]) -> dict[str, Node]:
        """Return the entries of a mapping under their full names; `known` has the short ones too.

        Raises:
            MappingError: a key is unknown, or stands under two of its names.
        """
        found: dict[str, Node] = {}
        for key, node in self.items():
            if key not in known:
                allowed = ", ".join(dict.fromkeys(known.values()))
                raise node.error(f"the key {key!r} is not understood here; known are {allowed}")
            if known[key] in found:
                raise node.error(f"{known[key]!r} is given twice")
            found[known[key]] = node
        return found


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""That of libyaml where it is there, which is much faster."""


def load_yaml(content: str, file: str) -> Node:
    """Return the root of a YAML text.

    Raises:
        MappingError: it is not YAML, or empty.
    """
    try:
        root = yaml.compose(content, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MappingError(f"{file} line {line}: this is not YAML ({error.problem}).") from error
    except yaml.YAMLError as error:
        raise MappingError(f"{file}: this is not YAML ({error}).") from error
    if root is None:
        raise MappingError(f"{file} is empty; a mapping document has at least 'mappings'.")
    return Node(file, root)
