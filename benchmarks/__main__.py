"""What `make bench` runs; `make bench SIZE=10M` takes the larger graph.

`make bench SIZE=50M ONLY=aggregate ENGINES=clientgraph` asks some questions of clientgraph alone.
"""

from __future__ import annotations

import os

from benchmarks.sparql import main

_OPTIONS = {"SIZE": "1M", "ONLY": "", "ENGINES": ""}

given = {name: os.environ.get(name) or usual for name, usual in _OPTIONS.items()}
main([part for name, text in given.items() if text for part in (f"--{name.lower()}", text)])
