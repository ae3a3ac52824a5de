# make demo: set up, fill the hole of an example. make test: set up, check, run all tests.
PYTHON ?= python3
BIN = .venv/bin
# As many processes as cores, but each takes about a gigabyte.
WORKERS = -n auto --maxprocesses 4 --dist worksteal

.PHONY: demo test test-fast check clean

demo: .venv/demo
	$(BIN)/deepgin inpaint examples/coffee.png examples/coffee-mask.png -o coffee-filled.png --overwrite
	@echo "The filled picture is $(CURDIR)/coffee-filled.png (photo: examples/coffee.png)"

test: check
	$(BIN)/python -m pytest $(WORKERS)

test-fast: .venv/test
	$(BIN)/python -m pytest $(WORKERS) -m "not slow"

check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/demo: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	touch $@

.venv/test: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf .venv build dist
