# Needs git, make and Python 3.11 or newer; everything else goes into .venv from the lock files.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 5000
DATA_DIR ?= var
CLIENTS ?= 100k

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --python $(BIN)/python
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	--python-version 3.11 $(UPGRADE)
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# Built beside its place and moved when whole, so that a start cut short begins again.
STORE = $(DATA_DIR)/clientgraph.duckdb
define FIRST_START
if [ ! -e "$(STORE)" ]; then \
	echo "First start: importing the demo organisation into $(DATA_DIR) ..." >&2; \
	rm -rf "$(DATA_DIR)/first-start" && mkdir -p "$(DATA_DIR)" && \
	$(BIN)/clientgraph --data-dir "$(DATA_DIR)/first-start" import data/demo && \
	$(BIN)/clientgraph --data-dir "$(DATA_DIR)/first-start" classify --as-of 2026-11-01 --write && \
	mv "$(DATA_DIR)/first-start/"* "$(DATA_DIR)/" && rmdir "$(DATA_DIR)/first-start"; \
fi
endef

# Many organisations sign their mirrors themselves; pip already trusts what the system trusts.
export UV_SYSTEM_CERTS ?= true

# What Python compiled once is read by all workers and processes of the tests, also where a
# container's settings would have each of them compile it again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup run test test-all check browser bench bench-ingest screenshots vendor lint format lock clean

help:  ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

setup: $(VENV)/.dev  ## install everything that working on the project needs

run: $(VENV)/.runtime  ## serve on http://127.0.0.1:5000; HOST, PORT and DATA_DIR are respected
	@$(FIRST_START)
	@exec $(BIN)/clientgraph --data-dir "$(DATA_DIR)" serve --host "$(HOST)" --port "$(PORT)"

test: $(VENV)/.dev browser check  ## check the code and run the tests
	$(PYTEST)

test-all: $(VENV)/.dev browser check  ## the same with the slow tests
	$(PYTEST) -m ""

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

screenshots: $(VENV)/.dev browser  ## picture every page of the demo into build/screenshots
	@$(FIRST_START)
	@$(BIN)/clientgraph --data-dir "$(DATA_DIR)" serve --host 127.0.0.1 --port $(PORT) & server=$$!; \
	trap 'kill $$server' EXIT; \
	until curl --silent --fail --output /dev/null http://127.0.0.1:$(PORT)/healthz; do sleep 1; done; \
	$(BIN)/python -m tests.browser.screenshots http://127.0.0.1:$(PORT) build/screenshots

vendor:  ## bundle the browser libraries of api/vendor into api/static/vendor; needs Node
	cd api/vendor && npm ci && node build.mjs

lint: check  ## check style, types and the arrows between packages

format: $(VENV)/.dev  ## write the files as the formatter wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev  ## measure; see benchmarks/
	$(BIN)/python -m benchmarks

bench-ingest: $(VENV)/.dev  ## measure from CSV to a checked graph; CLIENTS=1M takes the large size
	$(BIN)/python -m benchmarks.ingest --peers --clients $(CLIENTS)

# Only Debian's own packages are known to fit together; elsewhere the tests themselves say why they skip.
browser:
	@if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && grep -qs '^ID=debian' /etc/os-release; then \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -q && apt-get install -y -q --no-install-recommends chromium chromium-driver; \
	else \
		echo "The browser tests will be skipped: install chromium and chromium-driver to run them."; \
	fi

lock: $(VENV)/.tools  ## solve the dependencies again; UPGRADE=--upgrade takes newer versions
	$(COMPILE) pyproject.toml --group dev --output-file requirements-dev.txt
	$(COMPILE) pyproject.toml --constraint requirements-dev.txt --output-file requirements.txt
	$(COMPILE) --group build --constraint requirements-dev.txt --output-file requirements-build.txt

clean:  ## remove what set-up and tools made; the data stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.tools: requirements-build.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "clientgraph needs Python 3.11 or newer, and $(PYTHON) is not:" \
			"install one and name it, for example: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module: install it" \
			"(on Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes \
		-r requirements-build.txt
	@touch $@

$(VENV)/.runtime: $(VENV)/.tools requirements.txt pyproject.toml
	@$(INSTALL) --require-hashes -r requirements.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@
