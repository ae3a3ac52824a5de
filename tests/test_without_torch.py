"""Filling without PyTorch: what `pip install .` alone brings suffices.

In an environment that has no PyTorch, where `DEEPGIN_PLAIN_PYTHON` names its Python (`make test`
makes one); else in this one, with the import of torch blocked.
"""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import deepgin
from deepgin import Inpainter
from deepgin.export import export
from deepgin.inpainting import Options
from deepgin.network import build

ROOT = Path(__file__).parents[1]
PLAIN = os.environ.get("DEEPGIN_PLAIN_PYTHON", "")
COFFEE = [str(ROOT / "examples" / name) for name in ("coffee.png", "coffee-mask.png")]
# Another grey level under texture may be another patch: runtimes are compared without.
PLAIN_FILL = Options(texture="off")
_BLOCK = """
import importlib.abc, sys
class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "onnx"):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
sys.meta_path.insert(0, Blocked())
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torch" else real(name, *rest)
"""


@pytest.fixture
def run(tmp_path):
    """Run Python without torch; return what is done."""
    environment = dict(os.environ)
    if not PLAIN:
        (tmp_path / "block").mkdir()
        (tmp_path / "block" / "sitecustomize.py").write_text(_BLOCK)
        source = Path(deepgin.__file__).parents[1]
        environment["PYTHONPATH"] = f"{tmp_path / 'block'}{os.pathsep}{source}"

    def run_it(*arguments, code=0):
        done = subprocess.run(
            [PLAIN or sys.executable, *map(str, arguments)],
            env=environment,
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        return done

    return run_it


def difference(file, expected):
    return np.abs(np.asarray(Image.open(file)).astype(int) - np.asarray(expected)).max()


def test_there_is_no_torch(run):
    assert "No module named 'torch'" in run("-c", "import torch", code=1).stderr


def test_the_command_gives_the_same_picture(run, tmp_path):
    run("-m", "deepgin", "inpaint", *COFFEE, "-o", "off.png", "--texture", "off")
    notes = run("-m", "deepgin", "inpaint", *COFFEE, "-o", "auto.png", "-v").stderr
    assert "texture in" in notes
    expected = Inpainter(precision="float32", options=PLAIN_FILL)(*COFFEE)
    assert difference(tmp_path / "off.png", expected) <= 1
    assert difference(tmp_path / "auto.png", expected) > 1
    valid = np.asarray(Image.open(COFFEE[1]).convert("L")) < 128
    for name in ("off.png", "auto.png"):
        filled = np.asarray(Image.open(tmp_path / name))
        np.testing.assert_array_equal(filled[valid], np.asarray(Image.open(COFFEE[0]))[valid])


def test_an_exported_file_in_python(run, tmp_path):
    network = build("std-coarse", 2).eval()
    export(network, tmp_path / "own.onnx")
    run(
        "-c",
        "import sys; from deepgin.inpainting import Inpainter, Options\n"
        "inpainter = Inpainter('own.onnx', options=Options(texture='off'))\n"
        f"inpainter(*{COFFEE}).save('filled.png')\n"
        "assert 'torch' not in sys.modules",
    )
    expected = Inpainter(network, precision="float32", options=PLAIN_FILL)(*COFFEE)
    assert difference(tmp_path / "filled.png", expected) <= 1


def test_masks_and_a_folder(run, tmp_path):
    (tmp_path / "photos").mkdir()
    masks = ("--kind", "freeform", "--size", "40x30", "--count", "2", "-o", "masks")
    run(
        "-c",
        "import os; from PIL import Image; from deepgin.commands import main\n"
        f"assert main(['masks', *{masks}]) == 0\n"
        "os.remove('masks/preview.png')\n"
        "for name in os.listdir('masks'):\n"
        "    if name.endswith('.png'):\n"
        f"        Image.open({COFFEE[0]!r}).resize((40, 30)).save(f'photos/{{name}}')\n"
        "assert main(['inpaint', 'photos', 'masks', '-o', 'filled']) == 0",
    )
    names = sorted(path.name for path in (tmp_path / "photos").iterdir())
    assert len(names) == 2
    assert sorted(path.name for path in (tmp_path / "filled").glob("*.png")) == names


def test_info(run):
    facts = json.loads(run("-m", "deepgin", "info", "--json").stdout)
    assert facts["machine"]["torch"] is None
    assert facts["weights"]["licence"] == "CC BY-NC 4.0"
    assert len(facts["variants"]["rows"]) == 10


def test_weights_whose_graph_is_not_here_say_what_to_do(run, weights):
    error = run("-m", "deepgin", "inpaint", *COFFEE, "-o", "x.png", "--weights", weights, code=1)
    assert "needs PyTorch" in error.stderr
    assert error.stderr.count("\n") == 1


def test_what_needs_torch_says_so(run, tmp_path):
    (tmp_path / "net.pth").write_bytes(b"x")
    commands = [
        ["train", "--recipe", "tiny", "--data.train", str(ROOT / "examples"), "-o", "run"],
        ["convert", "net.pth", "-o", "x.safetensors"],
        ["blend", "a.safetensors", "b.safetensors", "-o", "x.safetensors"],
        ["export", "-o", "x.onnx"],
    ]
    script = f"from deepgin.commands import main\nassert [*map(main, {commands})] == [1] * 4"
    lines = run("-c", script).stderr.splitlines()
    assert len(lines) == 4
    for line, (command, *_) in zip(lines, commands, strict=True):
        assert line.startswith(f"deepgin: deepgin {command} needs PyTorch")


def test_the_plain_constraints_are_the_others():
    """And name all that the package itself depends on."""
    plain, full = (
        dict(line.split("==") for line in (ROOT / name).read_text().split("\n") if "==" in line)
        for name in ("constraints-onnx.txt", "constraints.txt")
    )
    assert all(full.get(name, version) == version for name, version in plain.items())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {name.split(">=")[0] for name in project["dependencies"]} <= set(plain)
    assert "torch" not in plain
