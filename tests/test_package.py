"""The package as it is imported: public names, and that torch waits until it is needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import deepgin

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(deepgin.__file__).parents[1])}


def modules_after(statement):
    """Run a statement in a fresh Python; return the names of the modules it imported."""
    code = f"import sys\n{statement}\nsys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, env=ENVIRONMENT, capture_output=True, text=True
    )
    return set(done.stderr.split())


HEAVY = {"torch", "PIL", "numpy", "jsonargparse", "rich"}


@pytest.mark.parametrize(
    "statement",
    [
        "import deepgin",
        "from deepgin.commands import main; main(['--help'])",
        "from deepgin.commands import main; main(['--version'])",
    ],
)
def test_nothing_heavy_is_imported(statement):
    found = modules_after(statement)
    assert "deepgin" in found
    assert not found & HEAVY


@pytest.mark.parametrize("command", ["inpaint", "masks", "convert", "info", "evaluate", "train"])
def test_help_of_a_command_does_not_wait_for_torch(command):
    statement = (
        "from deepgin.commands import main\n"
        f"try: main(['{command}', '--help'])\n"
        "except SystemExit: pass"
    )
    found = modules_after(statement)
    assert f"deepgin.commands.{command}" in found
    assert "torch" not in found


def test_masks_need_no_torch():
    found = modules_after("import deepgin; deepgin.masks.draw('rectangle', 8, 8, 0)")
    assert "deepgin.masks.rectangle" in found
    assert "torch" not in found


@pytest.mark.parametrize("name", deepgin.__all__)
def test_public_names(name):
    assert getattr(deepgin, name) is not None


def test_public_names_are_the_rooms_own():
    from deepgin.inpainting import Inpainter, inpaint
    from deepgin.network import build, variants
    from deepgin.weights import load

    found = [getattr(deepgin, f.__name__) for f in (Inpainter, inpaint, build, variants, load)]
    assert found == [Inpainter, inpaint, build, variants, load]


def test_masks_is_the_module():
    import deepgin.masks

    assert deepgin.masks.KINDS == ("rectangle", "freeform", "cellular")
    assert deepgin.__getattr__("masks") is sys.modules["deepgin.masks"]


@pytest.mark.parametrize("name", ["Inpaint", "torch", "_nothing"])
def test_unknown_name(name):
    with pytest.raises(AttributeError, match=f"'deepgin' has no attribute '{name}'"):
        getattr(deepgin, name)
    assert not hasattr(deepgin, name)


def test_types_are_promised():
    assert (Path(deepgin.__file__).parent / "py.typed").exists()
