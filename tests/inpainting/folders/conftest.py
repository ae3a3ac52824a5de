"""Folders of empty files by name, for what looks at names alone."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder with empty files of these names in it."""

    def make(folder: str, *names: str) -> Path:
        root = tmp_path / folder
        root.mkdir(parents=True, exist_ok=True)
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        return root

    return make
