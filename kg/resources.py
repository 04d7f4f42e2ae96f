"""Where the files shipped with the package are: `ontology/` and `queries/`."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder `ontology` or `queries`: of the source tree, else of the wheel.

    Raises:
        FileNotFoundError: the package was built without its folders.
    """
    for candidate in (_PACKAGE.parent / name, _PACKAGE / "_shared" / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"The folder {name!r} is missing: install the package again.")
