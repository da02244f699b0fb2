# The commands of README.md. What is up to date is not done again: stamps in .stamps/ say what was done when.

PYTHON ?= python3
BIN := .venv/bin
STAMPS := .stamps
BUILD := pyproject.toml setup.py $(shell find ovrouter/_fastpath -name '*.p[xy][xdi]' | sort)
BENCHMARK_BUILD := $(shell find benchmarks -name '*.p[xy][xd]' | sort)

export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install run test lint bench clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

install: $(STAMPS)/install ## make .venv with the router in it

run: $(STAMPS)/install ## install and start the router on https://localhost:4443/
	$(BIN)/ovrouter serve

test: lint $(STAMPS)/browser ## install what tests need, then run all of them
	$(BIN)/python -m pytest tests

lint: $(STAMPS)/test ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(STAMPS)/test ## measure the router on this machine
	$(BIN)/python -m benchmarks

clean: ## remove what make made
	rm -rf .venv $(STAMPS) build *.egg-info
	find ovrouter benchmarks -name '*.so' -delete

$(STAMPS)/venv:
	tools/system-packages run
	$(PYTHON) -m venv .venv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/install: $(STAMPS)/venv $(BUILD)
	$(BIN)/pip install -q --editable .
	@touch $@

$(STAMPS)/test: $(STAMPS)/venv $(BUILD) $(BENCHMARK_BUILD)
	$(BIN)/pip install -q --editable '.[test]'
	CFLAGS=-O3 $(BIN)/cythonize -q -i -3 $(filter %.pyx,$(BENCHMARK_BUILD))
	@touch $@ $(STAMPS)/install

$(STAMPS)/browser: $(STAMPS)/venv tests/browser/package.json
	tools/system-packages test
	npm install --no-package-lock --no-audit --no-fund --prefix tests/browser
	@touch $@
