# Two commands: `make book` builds the HTML book, `make test` proves it. Each does its own set-up.
#   PYTHON=python3.12    the Python to build the environment with (3.11 or newer)
#   VENV=folder          where the environment lives
#   TORCH_BACKEND=cpu    on Linux without a GPU: the small build of PyTorch
#   VERBOSE=1            all that the set-up says

PYTHON ?= python3
VENV ?= .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
STAMP := $(VENV)/.installed
HTML := book/_build/html/index.html
# One thread per worker: results that do not depend on the machine, and no quarrel over its cores.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest
# Where it is set, each of a thousand processes compiles the package and its tests anew.
unexport PYTHONDONTWRITEBYTECODE
ANEW = $(MAKE) --no-print-directory
NOTEBOOKS := $(wildcard book/chapters/*.ipynb solutions/*.ipynb exercises/*.ipynb)

# What `make generate` reads, and where `make train` and `make train-quick` write.
RUN ?= $(or $(wildcard runs/tales),runs/tales-quick)

.PHONY: help setup book test quick lint unit notebooks browser pages lab exercises layers outputs lock clean
.PHONY: train train-quick generate release
.DEFAULT_GOAL := help

help:
	@echo "make book       build the HTML book and say where it is"
	@echo "make test       run everything that CI runs"
	@echo "make lab        open the exercises in JupyterLab"
	@echo "make train      train the preset tales into runs/tales"
	@echo "make train-quick  train a smaller one in a minute or two"
	@echo "make generate   write with what was trained (RUN=folder for another run)"
	@echo "make quick      lint, and the tests and notebooks of what changed: under three minutes"
	@echo "make lint       check style (ruff), types (mypy) and layers (import-linter)"
	@echo "make exercises  write the exercises anew from the solutions"
	@echo "make layers     draw the layers of the package anew, from its imports"
	@echo "make outputs    run every notebook and store its outputs"
	@echo "make release    write a zip for a class into dist (CHAPTER=03 for one chapter)"
	@echo "make lock       pin what is installed now in constraints.txt"
	@echo "make clean      remove what was built (clean-all: the environment too)"

$(STAMP): pyproject.toml constraints.txt tools/setup_env.py
	@$(PYTHON) tools/setup_env.py --venv $(VENV)
	@touch $@

setup: $(STAMP)

# Sphinx copies a changed style or script only when a page changed too, so then all pages are due.
ALL = $(shell find book/_static book/_ext -type f ! -name "*.pyc" -newer book/_build/html/intro.html 2>/dev/null | grep -q . && echo --all)

book: $(STAMP)
	@$(BIN)/jupyter-book build book --warningiserror --keep-going --nitpick $(ALL)
	@echo "The book is built. Open $(CURDIR)/$(HTML)"

# Two parts at a time: lint and the book's build use one core each, and the unit tests and the browser's
# by themselves left a tenth of two cores idle. A slip shows in seconds.
test: $(STAMP)
	@$(ANEW) -j2 lint book unit notebooks browser
	@echo "All of it passed."

# What changed since the branch left origin/main, or with SINCE=commit since then.
SINCE ?=
quick: $(STAMP)
	@begun=$$(date +%s) && $(ANEW) lint && \
	  $(BIN)/python tools/quick.py --begun $$begun $(if $(SINCE),--since $(SINCE))

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo

unit: $(STAMP)
	@$(PYTEST) -n 2 --no-loadscope-reorder --doctest-modules --ignore=tests/browser src tests

notebooks: $(STAMP)
	@$(PYTEST) -n 2 --nbval --nbval-current-env --nbval-cell-timeout=300 \
	  --nbval-sanitize-with=tests/nbval_sanitize.cfg $(NOTEBOOKS)

browser: book
	@$(ANEW) pages

# The browser tests, on a book that is built.
pages: $(STAMP)
	@$(BIN)/python tools/browser.py
	@$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder tests/browser -rs

# One thread: the course's products are small, and on a busy machine threads wait for each other.
lab: $(STAMP)
	@OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/exercises

train: $(STAMP)
	@$(BIN)/tinytx train tales

# Two blocks of half the width, on a quarter of the stories, each read once.
train-quick: $(STAMP)
	@$(BIN)/tinytx train tales --out runs/tales-quick --n-layer 2 --d-model 64 \
	  --stories 6000 --steps 375 --eval-every 75 --save-every 75

generate: $(STAMP)
	@$(BIN)/tinytx generate --checkpoint $(RUN)

exercises: $(STAMP)
	@$(BIN)/python tools/exercises.py

layers: $(STAMP)
	@$(BIN)/python tools/layers.py

outputs: $(STAMP)
	@$(BIN)/python tools/notebooks.py

lock: $(STAMP)
	@$(BIN)/python tools/lock.py

# What a teacher hands out, with the package as a wheel. The date makes it the same bytes each time.
CHAPTER ?= all
release: $(STAMP)
	@rm -rf build
	@SOURCE_DATE_EPOCH=315532800 $(BIN)/python -m pip wheel . --quiet --no-deps \
	  --no-build-isolation --disable-pip-version-check --wheel-dir build/release
	@$(BIN)/tinytx release --chapter $(CHAPTER) --out dist --wheel build/release/tinytx-*.whl

.PHONY: clean-all
clean:
	rm -rf build dist book/_build .pytest_cache .ruff_cache .mypy_cache .hypothesis
clean-all: clean
	rm -rf $(VENV)
