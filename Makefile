# make setup      .venv with everything, and Debian's voices where that is allowed
# make demo       the whole loop on speech it makes itself, in under 10 minutes on 2 cores
# make test       all tests that need no network, no accelerator and no patience; QUICK=1 leaves torch and browsers out, ALL=1 adds the slow ones
# make check      lint, format, types (Python's and JavaScript's), and whether the generated docs are fresh
# make bench      the tables of docs/log.md
# make docs       write the generated pages again

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.setup
ELSEWHERE := not gpu and not net and not browser
MARKERS := $(if $(ALL),$(ELSEWHERE),$(if $(QUICK),not engine and not slow and $(ELSEWHERE),not slow and $(ELSEWHERE)))

# Two threads in each of several processes on two cores are slower than one.
export OMP_NUM_THREADS ?= 1

.PHONY: setup demo test check bench docs clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt scripts/install-debian.sh
	scripts/install-debian.sh
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[all]' --group dev
	touch $@

demo: setup
	$(BIN)/idiolect demo

# Browsers by themselves: Playwright leaves an event loop running in its thread, which others may not have.
test: setup
	$(BIN)/python -m pytest -m "$(MARKERS)" $(PYTEST)
	$(if $(QUICK),,$(BIN)/python -m pytest -m "browser $(if $(ALL),,and not slow) and not gpu and not net" $(PYTEST))

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/build_docs.py --check
	$(BIN)/python scripts/check_js.py

bench: setup
	set -e; for script in bench/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

docs: setup
	$(BIN)/python scripts/build_docs.py

clean:
	rm -rf build dist site .mypy_cache .ruff_cache .hypothesis .pytest_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
