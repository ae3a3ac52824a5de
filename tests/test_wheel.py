"""A wheel, built and installed elsewhere, has what it needs."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    # A copy of what git would hand out: building writes into the tree it builds from.
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    for file in (ROOT / "src").rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts and ".egg-info" not in str(file):
            target = source / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(folder)]
    subprocess.run([*command, str(source)], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_it_holds_weights_recipes_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    needed = {
        "deepgin/py.typed",
        "deepgin/weights/files/deepgin-compact.safetensors",
        "deepgin/weights/files/LICENSE",
        "deepgin/training/recipes/compact-128.yaml",
        "deepgin/training/recipes/compact-256.yaml",
        "deepgin/training/recipes/tiny.yaml",
        "deepgin/evaluation/report/templates/report.html",
        "deepgin/evaluation/report/templates/macros.html",
        "deepgin/evaluation/report/templates/style.css",
        "deepgin/service/page/static/index.html",
        "deepgin/service/page/static/main.js",
    }
    assert needed <= names
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


def test_it_fills_a_hole_elsewhere(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)  # which is what pip does
    script = (
        "import deepgin, sys; print(deepgin.__file__);"
        f"print(deepgin.inpaint({str(ROOT / 'examples/chelsea.png')!r},"
        f" {str(ROOT / 'examples/chelsea-mask.png')!r}, texture='off').size)"
    )
    file, size, _ = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    assert Path(file).is_relative_to(site)
    assert size == "(385, 256)"
