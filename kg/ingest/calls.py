"""Values in mapping documents: templates with `$(column)`, and calls of functions.

A call may be written as YARRRML does, with `function` and `parameters`, or in one line:
`parseDate($(date), "%d/%m/%Y")`, or with the names of parameters, `lower(value = $(name))`.
In one line a text that holds a comma, a parenthesis, `=` or a space at an end stands in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from kg.errors import MappingError
from kg.ingest.functions import ALIASES, FUNCTIONS, PARAMETER_ALIASES, Function
from kg.ingest.mapping import Call, Constant, Reference, Template, Value

_REFERENCE = re.compile(r"(?<!\\)\$\(((?:[^()\\]|\\.)+)\)")
_ESCAPE = re.compile(r"\\([()\\$])")
_PIECE = r"""(?:\$\((?:[^()\\]|\\.)+\)|[^\s(),="'])+"""
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<quoted>"(?:[^"\\]|\\.)*"|'[^']*')
    | (?P<mark>[(),=])
    | (?P<word>{_PIECE}(?:[ ]+{_PIECE})*)
    )""",
    re.VERBOSE,
)

Argument = tuple[str | None, Value]
NOTHING: Mapping[str, str] = MappingProxyType({})


def parse_template(text: str, external: Mapping[str, str] = NOTHING) -> Value:
    r"""Return the value of a text: a reference, a constant, or a template of both.

    `$(_name)` is the value that `external` has under that name, where it has one; `$(\_name)` is
    a column in any case.
    """
    parts: list[Constant | Reference] = []
    end = 0
    for match in _REFERENCE.finditer(text):
        _append(parts, Constant(_unescaped(text[end : match.start()])))
        _append(parts, _referred(match.group(1), external))
        end = match.end()
    _append(parts, Constant(_unescaped(text[end:])))
    if not parts:
        return Constant("")
    return parts[0] if len(parts) == 1 else Template(tuple(parts))


def _referred(name: str, external: Mapping[str, str]) -> Constant | Reference:
    """Return what stands for a name: a value from outside of the rows, or a column."""
    if name.startswith("_") and name[1:] in external:
        return Constant(external[name[1:]])
    return Reference(_unescaped(re.sub(r"^\\_", "_", name)))


def _append(parts: list[Constant | Reference], part: Constant | Reference) -> None:
    """Add a part; texts side by side are one."""
    if part == Constant(""):
        return
    last = parts[-1] if parts else None
    if isinstance(last, Constant) and isinstance(part, Constant):
        parts[-1] = Constant(last.text + part.text)
    else:
        parts.append(part)


def _unescaped(text: str) -> str:
    """Return a text without the backslashes before parentheses and dollars."""
    return _ESCAPE.sub(r"\1", text)


def make_call(name: str, arguments: Sequence[Argument], place: str) -> Call:
    """Return a call with its arguments in the order of the function's parameters.

    Raises:
        MappingError: no such function or parameter, or arguments that do not fit.
    """
    known = ALIASES.get(name, name.removeprefix("cgf:"))
    function = FUNCTIONS.get(known)
    if function is None:
        raise MappingError(
            f"{place}: there is no function {name!r}. The functions are {', '.join(FUNCTIONS)}."
        )
    values = _ordered(known, function, arguments, place)
    for parameter, value in zip(function.parameters, values, strict=False):
        if parameter in function.fixed and not isinstance(value, Constant):
            raise MappingError(f"{place}: {known} needs a constant for its {parameter!r}.")
        is_condition = isinstance(value, Call) and FUNCTIONS[value.function].returns == "condition"
        if is_condition != (parameter == "condition"):
            wanted = "a condition" if parameter == "condition" else "a value, not a condition,"
            raise MappingError(f"{place}: {known} needs {wanted} for its {parameter!r}.")
    return Call(known, tuple(values), place)


def _ordered(
    name: str, function: Function, arguments: Sequence[Argument], place: str
) -> list[Value]:
    """Return arguments by position; names are checked, a variadic one may repeat at the end."""
    given: dict[int, list[Value]] = {}
    last = len(function.parameters) - 1
    for position, (parameter, value) in enumerate(arguments):
        index = min(position, last) if function.variadic else position
        if parameter is not None:
            index = _parameter_index(name, function, parameter, place)
        given.setdefault(index, []).append(value)
    needed = len(function.parameters) - function.optional
    repeated = any(len(v) > 1 for i, v in given.items() if not (function.variadic and i == last))
    if repeated or any(i > last for i in given) or any(i not in given for i in range(needed)):
        expected = ", ".join(function.parameters) + (", ..." if function.variadic else "")
        raise MappingError(
            f"{place}: {name} takes ({expected}); {len(arguments)} arguments were given."
        )
    return [value for index in sorted(given) for value in given[index]]


def _parameter_index(name: str, function: Function, parameter: str, place: str) -> int:
    """Return the position of a named parameter."""
    local = parameter.rpartition(":")[2]
    plain = local if local in function.parameters else PARAMETER_ALIASES.get(local, parameter)
    if plain not in function.parameters:
        raise MappingError(
            f"{place}: {name} has no parameter {parameter!r}; it takes"
            f" {', '.join(function.parameters) or 'none'}."
        )
    return function.parameters.index(plain)


def parse_call(text: str, place: str, external: Mapping[str, str] = NOTHING) -> Call:
    """Return the call of a one-line text; its templates have the `external` values.

    Raises:
        MappingError: the text is no call of a known function.
    """
    tokens = _Tokens(text, place, external)
    value = tokens.value()
    if not isinstance(value, Call) or not tokens.at_end:
        raise tokens.error()
    return value


class _Tokens:
    """Reader of a one-line call."""

    def __init__(self, text: str, place: str, external: Mapping[str, str]) -> None:
        self._text = text.rstrip()
        self._external = external
        self._position = 0
        self._place = place

    @property
    def at_end(self) -> bool:
        """Nothing is left."""
        return self._position >= len(self._text)

    def error(self) -> MappingError:
        """Return the error that shows where reading stopped."""
        return MappingError(
            f"{self._place}: {self._text!r} cannot be read as a call at character"
            f" {self._position + 1}. Write name(argument, argument), texts with commas or"
            " parentheses in double quotes."
        )

    def value(self) -> Value:
        """Read a quoted text, a template or a call."""
        kind, token = self._next()
        if kind == "quoted":
            inner = token[1:-1]
            if token[0] == '"':
                inner = inner.replace('\\"', '"').replace("\\\\", "\\")
            if "$(" not in inner:
                return Constant(inner)
            return parse_template(inner, self._external)
        if kind != "word":
            raise self.error()
        if self._peek("("):
            return make_call(token, self._arguments(), self._place)
        return parse_template(token, self._external)

    def _arguments(self) -> list[Argument]:
        """Read arguments up to the closing parenthesis."""
        arguments: list[Argument] = []
        if self._peek(")"):
            return arguments
        while True:
            arguments.append(self._argument())
            if self._peek(")"):
                return arguments
            if not self._peek(","):
                raise self.error()

    def _argument(self) -> Argument:
        """Read `value` or `name = value`."""
        value = self.value()
        if self._peek("="):
            if not isinstance(value, Constant):
                raise self.error()
            return value.text, self.value()
        return None, value

    def _next(self) -> tuple[str, str]:
        """Take the next token."""
        match = _TOKEN.match(self._text, self._position)
        if match is None or match.lastgroup is None:
            raise self.error()
        self._position = match.end()
        return match.lastgroup, match.group(match.lastgroup)

    def _peek(self, mark: str) -> bool:
        """Take the next token if it is this mark."""
        match = _TOKEN.match(self._text, self._position)
        if match is None or match.group("mark") != mark:
            return False
        self._position = match.end()
        return True
