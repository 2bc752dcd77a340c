# The project's verbs. Everything lives in .venv, made at the first use; `make` alone lists them.

VENV := .venv
BIN := $(VENV)/bin
PYTHONS := python3.13 python3.12 python3.11 python3
ARGS :=

.PHONY: help install run test lint types check client bench build clean

help:
	@echo "make run      set up what is missing and serve on http://localhost:8080 (ARGS='--port 0' …)"
	@echo "make test     set up what is missing and run all tests (ARGS='-k woven' …)"
	@echo "make lint     style: ruff check and ruff format --check"
	@echo "make types    mypy --strict"
	@echo "make check    lint, types and test, as before a commit"
	@echo "make client   make the blocking client from the awaited one"
	@echo "make bench    measure speed and size beside other simulators (minutes)"
	@echo "make build    wheel and source distribution, in dist/"
	@echo "make install  the virtual environment with everything, in .venv"
	@echo "make clean    remove what the others made"

install: $(VENV)/dev.stamp

run: $(VENV)/run.stamp
	@exec $(BIN)/chatsim serve $(ARGS)

# The tests of one file stay in one process and in order: they share what is dear to set up.
test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/dev.stamp
	$(BIN)/mypy

check: lint types test

client: $(VENV)/dev.stamp
	$(BIN)/python tests/support/unasync.py

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks $(ARGS)

build: $(VENV)/dev.stamp
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A stamp is as new as the pyproject.toml that it installed: the next call has nothing to do.
$(VENV)/run.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all]'
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all,dev]'
	@touch $@ $(VENV)/run.stamp

# A candidate must run (version managers leave shims that do not), be 3.11 or later, and be able to make environments.
$(BIN)/python:
	@for python in $(PYTHONS); do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "$$python -m venv $(VENV)"; exec $$python -m venv $(VENV); \
		fi; \
	done; \
	echo "No Python 3.11 or later with venv among: $(PYTHONS). On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	exit 1
