PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A test that ignores its timeout (300 s) tells where it stands, and ends with its process.
HANGING := -o faulthandler_timeout=400 -o faulthandler_exit_on_timeout=true --max-worker-restart 0

.PHONY: install demo test faults properties slow lake browser lock format clean

install: $(VENV)/installed

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "noroshi needs Python 3.11 or newer: make PYTHON=python3.11 install")'
	@echo "Installing into $(VENV): one to two minutes"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: install  ## the whole pipeline, offline, against a sample news site on loopback
	$(BIN)/noroshi demo

test: install  ## everything that CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(HANGING)

faults: install  ## whatever writes, killed with SIGKILL at random moments and seams (long; ROUNDS=20: shorter)
	$(BIN)/python -m pytest -m faults --hypothesis-profile random

lake: install  ## what goes for a warehouse, for one in a lake on a PostgreSQL of its own (minutes; STORE=s3: with its files in an S3 store)
	$(BIN)/python -m pytest -m lake -n auto --maxprocesses 4 tests

properties: install  ## the tests of laws, on examples that were never tried
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile random -n auto --maxprocesses 4

slow: install  ## the whole of what `make test` tries a part of
	$(BIN)/python -m pytest -m slow -n auto --maxprocesses 4

browser: install  ## the HTML of messages in Chromium, at two widths, light and dark
	$(BIN)/python -m pytest -m browser tests/alerts/telling/writing/test_html.py

lock:  ## renew requirements.lock from pyproject.toml
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(VENV)-lock/bin/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' > requirements.lock
	rm -rf $(VENV)-lock

format:
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) $(VENV)-lock data/demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
