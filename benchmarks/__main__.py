"""What `make bench` runs; `make bench SIZE=10M` takes the larger graph."""

from __future__ import annotations

import os

from benchmarks.sparql import main

main(["--size", os.environ.get("SIZE", "1M")])
