# The commands of README.md. What is up to date is not done again: stamps in .stamps/ say what was done when.

PYTHON ?= python3
BIN := .venv/bin
STAMPS := .stamps
BUILD := pyproject.toml setup.py $(shell find ovrouter/_fastpath -name '*.p[xy][xdi]' | sort)
BENCHMARK_BUILD := $(shell find benchmarks -name '*.p[xy][xd]' | sort)

SANITIZED_PYTHON := build/sanitize/venv/bin/python
LINK_PYTHON := -L{LIBDIR} -Wl,-rpath,{LIBDIR} -lpython{LDVERSION} {LIBS} {SYSLIBS} {LINKFORSHARED}
NPM_INSTALL := npm install --no-package-lock --no-audit --no-fund --prefix

# What "make sanitize" tests, what "make bench" measures, and what "make fuzz" does.
SANITIZED ?= tests
MEASURED ?= media profile rest listing sockets joins workers first_frame composing recording scorecard
TARGET ?= rtcp
EXECUTIONS ?= 100000

export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Python keeps what it made for the whole of a program.
fuzz: export ASAN_OPTIONS := detect_leaks=0

.PHONY: help install run test lint docs bench sanitize fuzz clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

install: $(STAMPS)/install ## make .venv with the router in it

run: $(STAMPS)/install ## install and start the router on https://localhost:4443/
	$(BIN)/ovrouter serve

test: lint $(STAMPS)/browser $(STAMPS)/clients $(STAMPS)/chromium ## install what tests need, then run all of them
	$(BIN)/python -m pytest tests

lint: $(STAMPS)/test ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(STAMPS)/test ## write docs/rest.md anew from the tests
	$(BIN)/python -m tests.contract.rest_statuses

bench: $(STAMPS)/test $(STAMPS)/browser ## measure the router on this machine, against Janus and Pion where installed
	for command in $(MEASURED) publish; do $(BIN)/ovrouter bench $$command || exit 1; done

# Without Python's own allocator, so that small objects have bounds to be watched too.
sanitize: $(STAMPS)/sanitize $(STAMPS)/browser $(STAMPS)/clients $(STAMPS)/chromium ## run all tests under address and undefined-behaviour sanitizers
	OVROUTER_SANITIZE=1 $(BIN)/python setup.py -q build --build-base build/sanitize --build-lib build/sanitize/lib
	rm -f build/sanitize/report.*
	PYTHONMALLOC=malloc PYTHONPATH=$(CURDIR)/build/sanitize/lib:$(CURDIR) PYTHONSAFEPATH=1 \
	    $(SANITIZED_PYTHON) -m pytest -o pythonpath= $(SANITIZED); status=$$?; \
	    cat build/sanitize/report.* 2>/dev/null && exit 1; exit $$status

fuzz: $(STAMPS)/fuzz ## search what breaks a parser: make fuzz TARGET=rtcp EXECUTIONS=100000
	CC=clang CFLAGS=-fsanitize=fuzzer-no-link OVROUTER_SANITIZE=1 \
	    $(BIN)/python setup.py -q build --build-base build/fuzz --build-lib build/fuzz/lib
	LD_PRELOAD=$$($(BIN)/python -c 'import atheris; print(atheris.path())')/asan_with_fuzzer.so \
	    PYTHONPATH=build/fuzz/lib:. $(BIN)/python -P -m tests.fuzz $(TARGET) $(EXECUTIONS)

clean: ## remove what make made
	rm -rf .venv $(STAMPS) build *.egg-info
	find ovrouter benchmarks -name '*.so' -delete

$(STAMPS)/venv:
	tools/system-packages run
	tools/system-packages layouts || echo "Without them all but CUSTOM layouts works."
	$(PYTHON) -m venv .venv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/install: $(STAMPS)/venv $(BUILD)
	$(BIN)/pip install -q --editable .
	@touch $@

$(STAMPS)/bench: $(STAMPS)/venv $(BUILD) $(BENCHMARK_BUILD)
	$(BIN)/pip install -q --editable '.[bench]'
	CFLAGS=-O3 $(BIN)/cythonize -q -i -3 $(filter %.pyx,$(BENCHMARK_BUILD))
	@touch $@ $(STAMPS)/install

$(STAMPS)/test: $(STAMPS)/bench
	$(BIN)/pip install -q --editable '.[test]'
	@touch $@

$(STAMPS)/programs: tools/system-packages $(STAMPS)/venv
	tools/system-packages test
	@touch $@

$(STAMPS)/browser $(STAMPS)/clients: $(STAMPS)/%: tests/%/package.json $(STAMPS)/programs
	$(NPM_INSTALL) tests/$*
	@touch $@

$(STAMPS)/chromium: tests/chromium/package.json $(STAMPS)/programs
	command -v chromium || command -v google-chrome || $(NPM_INSTALL) tests/chromium
	@touch $@

# A virtual environment with the packages of the usual one, and a Python with the sanitizers in it.
$(STAMPS)/sanitize: $(STAMPS)/test tools/sanitized_python.c
	rm -rf build/sanitize/venv && mkdir -p build/sanitize/venv/bin
	cp $(BIN)/../pyvenv.cfg build/sanitize/venv
	ln -s $(abspath $(BIN)/../lib) build/sanitize/venv/lib
	gcc -fsanitize=address,undefined -DREPORT='"$(CURDIR)/build/sanitize/report"' tools/sanitized_python.c -o $(SANITIZED_PYTHON) \
	    $$($(BIN)/python -c 'import sysconfig; print("$(LINK_PYTHON)".format(**sysconfig.get_config_vars()))')
	@touch $@

$(STAMPS)/fuzz: $(STAMPS)/test
	tools/system-packages fuzz
	$(BIN)/pip install -q --editable '.[fuzz]'
	@touch $@
