# `make demo` shows everything at work; `make up` leaves it running; `make test` proves it. As root or not.

PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: demo up test check docs bench lock clean

demo: .venv/installed
	$(BIN)/qianzhang demo

up: .venv/installed
	$(BIN)/qianzhang up

test: check
	$(BIN)/pytest -n 2 --dist loadfile

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

docs: .venv/installed
	$(BIN)/python -m docs.generate

bench: .venv/installed
	$(BIN)/python -m bench.signing
	$(BIN)/python -m bench.processes

# Versions and hashes come from whatever index pip is configured with; no address of one is written down.
lock: .venv/installed
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile requirements.in --override requirements.overrides --generate-hashes \
	  --no-emit-index-url --no-header --python-version 3.11 --output-file requirements.lock

clean:
	if [ -x $(BIN)/qianzhang ]; then $(BIN)/python -m local.layout --remove; fi
	rm -rf var .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info

# --no-deps: the lock is complete, and leaves out the second OpenCV that one library asks for (requirements.overrides).
.venv/locked: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	touch $@

.venv/installed: .venv/locked pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@
