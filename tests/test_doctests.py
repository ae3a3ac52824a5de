"""The examples in the docstrings of losses and metrics."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import deepgin

ROOT = Path(deepgin.__file__).parent
WITHOUT = {"__init__", "layers", "pictures", "precision"}  # they hold no formula of their own
MODULES = [
    f"deepgin.{room}.{path.stem}"
    for room in ("losses", "metrics")
    for path in sorted((ROOT / room).glob("*.py"))
    if path.stem not in WITHOUT
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    failed, tried = doctest.testmod(import_module(name))
    assert tried and not failed
