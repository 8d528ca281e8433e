# `make run` runs the product, `make test` checks it. Python 3.11 and make are enough.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
BIN := $(VENV)/bin
PIP := $(PY) -m pip install -qq --no-input --disable-pip-version-check
WITH := $(PY) -m dispatch.embedded run --data .data/test --fast --max-connections 200 --
PYTEST := $(PY) -m pytest -q
TOUR := tests/journeys/test_tour.py
CODE := manage.py bench cases dispatch teams
# Three for two cores: many tests wait for a server that starts, a lock, a clock.
WORKERS := -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: help run test journeys fuzz mutations bench faults lint style types unit slow row-1 row-2 races made-up tour stories install install-dev browser clean

help:
	@echo "make run    start everything (PORT=8000, HOST=127.0.0.1, DEMO=1, DISPATCH_DATA=.data)"
	@echo "make test   lint, types, architecture and all tests"
	@echo "make journeys  every browser story alone"
	@echo "make fuzz   20,000 made-up calls against the API as everybody (CALLS=…, SEED=…)"
	@echo "make mutations  takes away each rule of access that docs/mutations.md does not name yet (ALL=1: every one)"
	@echo "make bench  pages, calls, steps, crowds, sweeps under eight clients (CASES=10000,100000 COMPARE=revision)"
	@echo "            NAME=live (from commit to screen), phone, rules; docs/performance.md says what others need"
	@echo "make faults kill everything in turn while orders go out, and look what is missing (10 minutes)"
	@echo "make clean  remove the environment and caches; the data in .data stays"

run: install
	@exec $(PY) -m dispatch.embedded serve --with-parent

test: lint browser
	@$(WITH) $(MAKE) --no-print-directory unit slow

fuzz: install-dev
	@$(PY) -m bench fuzz --calls $(or $(CALLS),20500) $(if $(SEED),--seed $(SEED))

mutations: install-dev
	@nice $(PY) -m bench mutations $(if $(ALL),--all) || nice $(PY) -m bench mutations --twice

bench: install-dev browser
	@$(PY) -m bench $(or $(NAME),pages $(if $(CASES),--cases $(CASES)) $(if $(COMPARE),--compare $(COMPARE)))

faults: install-dev
	@$(PY) -m bench faults

# The list as it was installed stands in the environment: nothing to do while it is the same.
install: FILES = requirements.txt
install-dev: FILES = requirements.txt requirements-dev.txt
install install-dev:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is needed; PYTHON=… names one."; exit 1; }
	@$(PY) -c '' 2>/dev/null || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV) || \
	  { echo "$(PYTHON) -m venv does not work here: install the venv package of this Python."; exit 1; }; }
	@for list in $(FILES); do \
	  cmp -s $$list $(VENV)/$$list || { echo "Installing $$list …"; \
	    $(PIP) -r $$list && cp $$list $(VENV)/$$list; } || exit 1; \
	done

# What needs no server first: the quickest failure comes first.
lint: install-dev
	@$(MAKE) --no-print-directory --output-sync=target -j 2 style types

style:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(CODE) 2>/dev/null
	@$(BIN)/lint-imports

types:
	@$(BIN)/mypy .

unit:
	@$(PY) -m dispatch.embedded messages
	@$(PY) manage.py makemigrations --check --dry-run
	@$(PYTEST) $(WORKERS) -m "not concurrency and not fuzz and not journey" tests

# What goes one after the other leaves half a core free: two rows of it, each with databases and a product of its own.
slow:
	@$(MAKE) --no-print-directory --output-sync=target -j 2 row-1 row-2

row-1:
	@$(MAKE) --no-print-directory stories
	@$(MAKE) --no-print-directory made-up

row-2:
	@$(MAKE) --no-print-directory races
	@$(MAKE) --no-print-directory tour

races:
	@$(PYTEST) -n 1 -m concurrency tests

# Five minutes of calls made up from the API's description; `make fuzz` goes on until 20,000.
made-up:
	@FUZZ_CALLS=12000 FUZZ_SECONDS=300 $(PYTEST) -n 1 -m fuzz tests/api

# Every page of every role; it takes as long as all stories together.
tour:
	@$(PYTEST) -m journey $(TOUR)

stories:
	@$(PYTEST) -m journey --ignore=$(TOUR) tests

# Every browser story alone.
journeys: install-dev browser
	@$(WITH) sh -c '$(PY) -m dispatch.embedded messages && $(MAKE) --no-print-directory stories tour'

# The journeys drive the machine's own Chromium, best its shell without windows: half the processor for the same engine.
browser:
	@command -v chromium-headless-shell >/dev/null || { \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing Chromium for the browser journeys …" && \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell fonts-noto-cjk; } \
	    >/dev/null 2>&1; } || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	command -v google-chrome >/dev/null || \
	{ echo "The browser journeys need Chromium: install chromium-headless-shell (or chromium) and fonts-noto-cjk."; exit 1; }

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
