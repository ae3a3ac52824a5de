# make demo: set up, fill the hole of an example. make test: set up, check, run all tests.
# make docs: build the documentation into site/. make notebook: run its notebook again, in place.
PYTHON ?= python3
BIN = .venv/bin
# As many processes as cores, but each takes about a gigabyte.
WORKERS = -n auto --maxprocesses 4 --dist worksteal

.PHONY: demo test test-fast check docs notebook clean

demo: .venv/demo
	$(BIN)/deepgin inpaint examples/firs.jpg examples/firs-mask.png -o firs-filled.png --overwrite -v
	@echo "The filled picture is $(CURDIR)/firs-filled.png (photo: examples/firs.jpg)"

test: check .venv/plain/made
	DEEPGIN_PLAIN_PYTHON=$(CURDIR)/.venv/plain/bin/python $(BIN)/python -m pytest $(WORKERS)

test-fast: .venv/test
	$(BIN)/python -m pytest $(WORKERS) -m "not slow"

check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "The documentation is $(CURDIR)/site/index.html"

notebook: .venv/docs
	$(BIN)/jupyter-nbconvert --to notebook --execute --inplace \
		--ExecutePreprocessor.record_timing=False docs/tutorial/notebook.ipynb

.venv/demo: pyproject.toml constraints-onnx.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints-onnx.txt -e .
	touch $@

.venv/test: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev,docs]'
	touch $@

.venv/docs: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[docs]'
	touch $@

# What users have who do not train: no PyTorch. Some tests fill holes with it.
.venv/plain/made: .venv/test constraints-onnx.txt
	$(BIN)/python -m venv .venv/plain
	.venv/plain/bin/python -m pip install -q -c constraints-onnx.txt -e .
	touch $@

clean:
	rm -rf .venv build dist site
