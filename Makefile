# OpenTOM: `make help` lists what there is. Needs only python3 (3.11 to 3.13, with venv), git and make.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV ?= .venv
PORT ?= 8000
DEMO ?= demo
BIN := $(VENV)/bin

# The first Python of these that is neither too old nor too new; `make PYTHON=/path/to/python3.12 demo` names another.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $(name))))
LOCK_OF = $(1)-$$($(BIN)/python -c 'import sys; print("py311" if sys.version_info[:2] == (3, 11) else "py312")').txt
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
PROJECT := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --editable .

.PHONY: help demo test test-long lint docs bench bench-large lock venv clean

help:  ## list these commands
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.demo-installed  ## make and serve a demonstration TOM (PORT=8000)
	@$(BIN)/opentom demo --directory "$(DEMO)" --port $(PORT)

test: $(VENV)/.dev-installed  ## lint, types, import rules and all tests, on every database that is here
	@$(BIN)/python tests/run.py test

test-long: $(VENV)/.dev-installed  ## what takes longer than `make test` may
	@$(BIN)/python tests/run.py long

lint: $(VENV)/.dev-installed  ## ruff, mypy, import-linter, missing migrations
	@$(BIN)/python tests/run.py lint

docs: $(VENV)/.dev-installed  ## build the documentation into docs/_build/html
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(VENV)/.dev-installed  ## measure against PERFORMANCE bars, write benchmarks/RESULTS.md
	@PYTHONPATH=.:src $(BIN)/python -m benchmarks

bench-large: $(VENV)/.dev-installed  ## the same at a million targets (DATABASE_URL names a PostgreSQL)
	@PYTHONPATH=.:src $(BIN)/python -m benchmarks --large

lock:  ## remake the locked requirements (UPGRADE=1 takes newer versions; needs uv)
	@requirements/lock.sh $(if $(UPGRADE),--upgrade)

venv: $(VENV)/.dev-installed  ## only the environment that the tests and a developer use

clean:  ## remove what these commands made (not the demo's database)
	rm -rf "$(VENV)" build dist docs/_build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './node_modules/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11, 3.12 or 3.13 was found. Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; \
	fi
	@"$(PYTHON)" -m venv "$(VENV)" || { rm -rf "$(VENV)"; \
		echo "Python has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.demo-installed: requirements/demo-py311.txt requirements/demo-py312.txt pyproject.toml | $(BIN)/python
	@echo "Installing the locked requirements (once; a minute or two) ..."
	@$(PIP) --require-hashes --requirement requirements/$(call LOCK_OF,demo)
	@$(PROJECT)
	@touch $@

$(VENV)/.dev-installed: requirements/dev-py311.txt requirements/dev-py312.txt requirements/mysql.txt requirements/plugins.txt pyproject.toml | $(BIN)/python
	@echo "Installing the locked requirements of the tests (once; some minutes) ..."
	@$(PIP) --require-hashes --requirement requirements/$(call LOCK_OF,dev)
	@$(PIP) --no-deps --require-hashes --requirement requirements/plugins.txt
	@$(PROJECT)
	@if $(BIN)/python tests/run.py can-build-mysql; then \
		$(PIP) --no-build-isolation --require-hashes --requirement requirements/mysql.txt; \
	fi
	@touch $@ $(VENV)/.demo-installed
