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


def test_what_is_imported_when():
    heavy = {"torch", "PIL", "numpy", "jsonargparse", "rich"}
    start = "import deepgin; from deepgin.commands import main; main(['{}'])"
    for statement in ("import deepgin", start.format("--help"), start.format("--version")):
        modules = modules_after(statement)
        assert "deepgin" in modules
        assert not modules & heavy


@pytest.mark.parametrize("command", ["inpaint", "evaluate", "train"])
def test_help_and_masks_do_not_wait_for_torch(command):
    modules = modules_after(
        "import deepgin; from deepgin.commands import main\n"
        "deepgin.masks.draw('rectangle', 8, 8, 0)\n"
        f"try: main(['{command}', '--help'])\n"
        "except SystemExit: pass"
    )
    assert {"deepgin.masks.rectangle", f"deepgin.commands.{command}"} <= modules
    assert "torch" not in modules


@pytest.mark.parametrize("name", deepgin.__all__)
def test_public_names(name):
    assert getattr(deepgin, name) is not None


def test_masks_is_the_module():
    import deepgin.masks

    assert deepgin.masks.KINDS == ("rectangle", "freeform", "cellular")
    assert deepgin.__getattr__("masks") is sys.modules["deepgin.masks"]


@pytest.mark.parametrize("name", ["Inpaint", "torch", "_nothing"])
def test_unknown_name(name):
    with pytest.raises(AttributeError, match=f"'{name}'"):
        getattr(deepgin, name)
    assert not hasattr(deepgin, name)
