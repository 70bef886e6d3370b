# Everything a newcomer needs. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
TEXTS := law pkix card profile
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup setup-dev demo up check test test-fast long coverage bench tables lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install what the service needs into .venv (no root needed)
	@tools/setup run "$(PYTHON)"

setup-dev: ## install what checking and testing need (Python packages only)
	@tools/setup dev "$(PYTHON)"

demo: setup ## one citizen's whole life, narrated and checked; evidence in var/demo
	@$(BIN)/honnin demo --out var/demo

up: setup ## start every role on this machine; Ctrl-C stops it, the data stays in var/honnin
	@$(BIN)/honnin up

check: setup-dev ## format, lint, types, imports, migrations, translations, generated tables (under 60 s)
	@tools/check

test: setup-dev ## install what the tests need (Debian packages, as root) and run them all
	@tools/test-packages
	@tools/test-all

test-fast: setup-dev ## the tests that need no card reader and no browser
	@$(BIN)/python -m pytest -q -n 2 -m "not conformance and not browser"

long: setup-dev ## the exhaustive and random tests whole, that `make test` runs in a short form (hours)
	@tools/test-packages
	@HONNIN_REQUIRE_CONFORMANCE=1 $(BIN)/python -m pytest -q --long --timeout 0

coverage: setup-dev ## how much of the texts (law, pkix, card, profile) their own tests reach: 95 % at least
	@$(BIN)/python -m pytest -q -n 2 $(TEXTS:%=--cov=honnin.%) --cov-report= $(TEXTS:%=tests/%)
	@$(BIN)/coverage report --fail-under=95

bench: setup-dev ## speeds, as ratios to raw RSA signing in the same run; what the card costs, beside its limits
	@$(BIN)/python -m benchmarks

tables: setup-dev ## write the generated pages of docs/reference anew
	@$(BIN)/python -m tools.clauses_table
	@$(BIN)/python -m tools.errors_table
	@$(BIN)/python -m tools.card_table
	@HONNIN_WRITE_TABLES=1 $(BIN)/python -m pytest -q tests/security
	@$(BIN)/python -m tools.journal_table
	@$(BIN)/python -m tools.states_table

lock: setup-dev ## resolve the dependencies anew into requirements/*.txt
	@cd requirements && ../$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate bootstrap.in -o bootstrap.txt
	@cd requirements && ../$(BIN)/uv pip compile -q --no-deps --universal --generate-hashes --no-emit-index-url --no-header --no-annotate judges.in -o judges.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -o requirements/dev.txt

clean: ## remove the virtual environment (var/ stays)
	rm -rf .venv .mypy_cache .ruff_cache
