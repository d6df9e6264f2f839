# MediCore: everything that a person needs to type.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/.packages-$(shell cksum <requirements-dev.lock | cut -d' ' -f1)
STAMP := $(VENV)/.installed-$(shell cat requirements-dev.lock pyproject.toml | cksum | cut -d' ' -f1)
CODE := setup.py medicore flows quarto_templates tests docs examples $(wildcard benchmarks)

export DO_NOT_TRACK = 1
# Workers and the processes that tests start import the same files: what one has compiled is there for the others.
export PYTHONDONTWRITEBYTECODE =

.PHONY: setup demo wheel docs pictures check test coverage quick deep bench bench-packages mutation lock format

setup: $(STAMP)

$(STAMP): $(PACKAGES) pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(PACKAGES): requirements-dev.lock
	@echo "Installing the locked environment into $(VENV) (a minute or two) ..." >&2
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

demo: setup
	$(BIN)/python examples/demo.py

# The documentation as static pages in docs/site, which need no network and no server.
docs: setup
	$(BIN)/python -m docs.website

# The wheel for companies that keep their studies in a workspace of their own (docs/use.md); the same commit gives the same.
wheel: setup
	rm -rf build dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

# Draws the pages that README shows, from the demo's report.
pictures: setup
	$(BIN)/python -m examples.pictures $(REPORT)

check: setup
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	cd quarto_templates && ../$(BIN)/mypy --strict presentation
	$(BIN)/lint-imports --no-cache

# What is computed and what is recorded is tested to the last line by the tests of these rooms alone; to measure the
# coverage of all code costs a third of the time, so that is a target of its own. Steps are tested without measuring.
ROOMS := tests/records tests/stats tests/trials
# Tests also wait, for servers and for git: three workers use two processors whole.
WORKERS := $(shell cores=$$(getconf _NPROCESSORS_ONLN); [ "$$cores" -gt 4 ] && cores=4; echo $$((cores * 3 / 2)))
PYTEST := $(BIN)/python -m pytest -m "not deep" -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: setup
	$(PYTEST) $(ROOMS) --cov=medicore.stats --cov=medicore.records \
	  --cov-report=term-missing:skip-covered --cov-fail-under=100
	$(PYTEST) $(addprefix --ignore=,$(ROOMS))

coverage: setup
	$(PYTEST) --cov --cov-report=term-missing:skip-covered --cov-fail-under=90

# The tests that the change since the main line concerns, in a minute; it prints what it leaves out.
quick: setup
	$(BIN)/python -m tests.tiers.quick

# Simulations and drills, in pieces; PIECE="gaps" runs that one alone.
deep: setup
	$(BIN)/python -m tests.tiers.deep $(PIECE)

bench: setup
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks answers
	$(BIN)/python -m benchmarks cost
	$(BIN)/python -m benchmarks month
	$(BIN)/python -m benchmarks verify
	$(BIN)/python -m benchmarks years

# The packages that the bench compares with need versions that MediCore does not use.
bench-packages:
	$(PYTHON) -m venv --clear .bench-venv
	.bench-venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r benchmarks/requirements-packages.txt

# Tries every mutant of the statistics and writes docs/mutation.md; MODULES="evalue tipping" tries these alone.
mutation: setup
	$(BIN)/python -m tests.mutation $(MODULES)

format: setup
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

COMPILE := uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate \
  --custom-compile-command "make lock"

lock:
	$(COMPILE) -c constraints.txt pyproject.toml -o requirements.lock
	$(COMPILE) -c requirements.lock --group dev pyproject.toml -o requirements-dev.lock
	$(COMPILE) -c requirements-dev.lock --extra quarto pyproject.toml -o requirements-quarto.lock
	$(COMPILE) benchmarks/packages.in -o benchmarks/requirements-packages.txt
