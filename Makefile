# The README's two commands are `make demo` and `make test`; each installs what it needs.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help install constraints demo test fast-test lint types end-to-end-test fuzz clean

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

install: $(INSTALLED) ## Create .venv with everything, at the exact versions of constraints.txt

$(INSTALLED): pyproject.toml constraints.txt setup.py shared/session/session.proto
	@sh docker/prepare-machine.sh $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $(INSTALLED)

demo: install ## Four hospitals train together on this machine
	$(BIN)/juntos demo

test: install fast-test lint types end-to-end-test ## Everything CI runs, the fastest first

fast-test: install
	@sh docker/prepare-tests.sh
	$(BIN)/python -m pytest tests/unit --quiet --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest tests/integration --quiet --numprocesses 2 --dist loadfile

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: install
	$(BIN)/mypy

constraints: ## Write constraints.txt anew from .venv
	(echo "# Exact versions of everything, for pip --constraint. Made with: make constraints"; $(BIN)/pip freeze --exclude-editable | sed "s/+cpu$$//") > constraints.new
	mv constraints.new constraints.txt

end-to-end-test: install
	@sh docker/prepare-tests.sh
	$(BIN)/python -m pytest -m end_to_end --quiet --numprocesses 2 --dist loadfile

fuzz: install ## Feed every reader changed files, guided by coverage; SECONDS=60 for each
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt atheris
	$(BIN)/python -m tests.fuzz.guided --list | while read -r target; do \
	  $(BIN)/python -m tests.fuzz.guided "$$target" -max_total_time=$(or $(SECONDS),60) || exit 1; done

clean: ## Remove the environment and the demonstration's folder
	rm -rf $(VENV) juntos-demo
