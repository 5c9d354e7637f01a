# Each target makes the environment it needs. `make report` asks for python3 >= 3.11 (with venv) and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PINS := pyproject.toml constraints.txt
WORKERS ?= 2
SECONDS ?= 600

.DEFAULT_GOAL := help
.PHONY: help report test fuzz speed speed-large check format lint types layers docstrings docs links notebooks pictures lock clean

help:
	@echo "make report   run the default study and say where the report is"
	@echo "make test     run all tests"
	@echo "make fuzz     feed the readers with files that went wrong, for SECONDS=600"
	@echo "make speed    measure kernels beside their peers, some minutes, into benchmarks/results/speed"
	@echo "make speed-large  measure a million accounts, and cost against size: an hour, 1 GB of disk, 16 GB of memory"
	@echo "make check    format, lint, types, layers, docstrings, documentation, notebooks"
	@echo "make docs     build the documentation into docs/_build/html"
	@echo "make links    ask whether the documentation's links still lead somewhere (needs the network)"
	@echo "make lock     write constraints.txt afresh from the newest versions"
	@echo "make clean    remove what was built, but not $(VENV)"

# The environment: one for running (`report`), one stamp more for developing (`test`, `check`).

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "viewshift needs python3 >= 3.11, and no $(PYTHON) is on the path: install it, or name one with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "viewshift needs python3 >= 3.11, and $(PYTHON) is $$($(PYTHON) -V 2>&1): name a newer one with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) comes without venv: install it first (on Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(PINS) | $(BIN)/python
	$(PIP) --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-all: $(PINS) | $(BIN)/python
	$(PIP) --constraint constraints.txt --editable '.[test,check,docs,notebooks]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-speed: $(PINS) | $(BIN)/python
	$(PIP) --constraint constraints.txt --editable '.[speed]'
	@touch $@ $(VENV)/.installed

# What users call.

report: $(VENV)/.installed
	$(BIN)/viewshift compare --out reports
	@echo "The report is in $(CURDIR)/reports/report.html (and report.md beside it)."

test: $(VENV)/.installed-all
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

fuzz: $(VENV)/.installed-all
	$(BIN)/python tests/fuzzing.py --seconds $(SECONDS) --out build/fuzz

speed: $(VENV)/.installed-speed
	$(BIN)/python benchmarks/speed/harness.py

speed-large: $(VENV)/.installed-speed
	$(BIN)/python benchmarks/speed/pipeline.py
	$(BIN)/python benchmarks/speed/monitor.py
	$(BIN)/python benchmarks/speed/startup.py
	$(BIN)/python benchmarks/speed/cost_curve.py

check: format lint types layers docstrings docs notebooks
	@echo "All checks passed."

# The single checks.

format: $(VENV)/.installed-all
	$(BIN)/ruff format --check .

lint: $(VENV)/.installed-all
	$(BIN)/ruff check .

types: $(VENV)/.installed-all
	$(BIN)/mypy

layers: $(VENV)/.installed-all
	$(BIN)/lint-imports --config pyproject.toml

docstrings: $(VENV)/.installed-all
	$(BIN)/python -m pytest -q tests/test_docstrings.py

docs: $(VENV)/.installed-all
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -b html docs docs/_build/html

notebooks: $(VENV)/.installed-all
	$(BIN)/python -m pytest -q tests/test_notebooks.py
	$(BIN)/python -m nbconvert --log-level WARN --to notebook --execute --output-dir build/notebooks notebooks/*.ipynb

pictures: $(VENV)/.installed-all
	$(BIN)/python docs/make_pictures.py
	$(BIN)/python docs/make_gallery.py

# Upkeep.

links: $(VENV)/.installed-all
	$(BIN)/python -m sphinx --keep-going --quiet -b linkcheck docs build/links

lock: $(BIN)/python
	rm -rf build/lock
	$(BIN)/python -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check '.[test,check,docs,notebooks,speed]'
	{ echo "# The versions that continuous integration uses; written by \`make lock\`, never by hand."; \
	  build/lock/bin/python -m pip freeze | grep -v '^viewshift'; } > build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/lock

clean:
	rm -rf build dist reports docs/_build docs/notebooks docs/reference/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests -name '*.nb[ic]' -delete
