"""What the comment lines at the head of a SPARQL text say of it: `# key: value`, `# key.fr: value`.

A line that names no key goes on with the value before it; the first line that is no comment ends
the header.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache


def read_header(text: str, keys: Collection[str]) -> dict[str, list[str]]:
    """Return the values of a header by key, with its language where it has one."""
    line_of = _pattern(tuple(keys))
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if match := line_of.match(line):
            key = f"{match[1]}.{match[2]}" if match[2] else match[1]
            current = found.setdefault(key, [])
            current.append(match[3].strip())
        elif current is not None and (more := line.lstrip("# ").strip()):
            current[-1] = f"{current[-1]} {more}"
    return found


@lru_cache(maxsize=8)
def _pattern(keys: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"#\s?({'|'.join(keys)})(?:\.([a-z]{{2}}))?:\s*(.*)")
