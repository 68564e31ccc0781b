# The front door. Everything below needs Python 3.11 or later, pip and make, nothing else.
#
#   make report      simulate the report's nine experiments and write out/report3.html
#   make course      simulate the phases of the course and write out/course.html
#   make explore     open a page with a slider for every parameter
#   make docs        build the documentation, examples and all -> out/docs/index.html
#   make test        run the tests (style, types, tests)
#   make test-all    the long version: full matrices, every notebook
#   make bench       measure speed beside Brian2 and NEST; results as JSON in benchmarks/results
#   make test-peers  the same spikes as Brian2 and NEST, step by step (both installed apart, once)
#   make clean       remove the environment and the results

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: report course explore docs test test-all test-peers check bench clean

report: $(VENV)/.warm
	$(BIN)/cns report

course: $(VENV)/.warm $(VENV)/.course
	$(BIN)/cns course

explore: $(VENV)/.warm $(VENV)/.explore
	$(BIN)/cns explore

docs: $(VENV)/.warm $(VENV)/.docs
	rm -rf out/docs docs/made
	$(BIN)/python -m sphinx -W --keep-going -q docs out/docs
	@echo "The documentation is out/docs/index.html"

test: check
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"

test-all: check $(VENV)/.docs
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(VENV)/.developer
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy

bench: $(VENV)/.developer
	$(BIN)/python -m benchmarks.environments
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.tell

test-peers: $(VENV)/.developer
	$(BIN)/python -m benchmarks.environments
	$(BIN)/python -m pytest -m peers tests/peers

clean:
	rm -rf $(VENV) out

$(VENV)/.created:
	@echo "Making the environment $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cnsproject needs Python 3.11 or later; set PYTHON=python3.11 (or newer)")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.user: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing cnsproject and what it needs (about a minute, once) ..."
	@$(PIP) -e .
	@touch $@

$(VENV)/.warm: $(VENV)/.user
	@echo "Compiling the models (another minute, once) ..."
	@$(BIN)/cns warm
	@touch $@

$(VENV)/.course: $(VENV)/.user
	@echo "Installing what the course needs (once) ..."
	@$(PIP) -e ".[course]"
	@touch $@

$(VENV)/.explore: $(VENV)/.user
	@echo "Installing what the explorer needs (once) ..."
	@$(PIP) -e ".[explore]"
	@touch $@

$(VENV)/.docs: $(VENV)/.user
	@echo "Installing what the documentation needs (once) ..."
	@$(PIP) -e ".[docs]"
	@touch $@

$(VENV)/.developer: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing cnsproject and what its tests need (about two minutes, once) ..."
	@$(PIP) -e ".[dev]"
	@touch $(VENV)/.user $@
