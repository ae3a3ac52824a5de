"""ComfyUI as far as the node sees it, and the node as ComfyUI loads and calls it."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

FOLDER = Path(__file__).parents[2] / "integrations" / "comfyui"


class Host:
    """ComfyUI as far as the node sees it."""

    def __init__(self):
        self.stop = None
        self.shown = []

    def throw_exception_if_processing_interrupted(self):
        if self.stop:
            raise self.stop

    def ProgressBar(self, total):
        return self

    def update_absolute(self, value, total=None):
        self.shown.append((value, total))


@pytest.fixture(scope="module")
def host():
    found = Host()
    management, utils = ModuleType("comfy.model_management"), ModuleType("comfy.utils")
    management.throw_exception_if_processing_interrupted = (
        found.throw_exception_if_processing_interrupted
    )
    utils.ProgressBar = found.ProgressBar
    comfy = ModuleType("comfy")
    comfy.model_management, comfy.utils = management, utils
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", list(sys.path))  # the node adds its folder
        for name, one in (("", comfy), (".model_management", management), (".utils", utils)):
            patch.setitem(sys.modules, f"comfy{name}", one)
        yield found


@pytest.fixture(scope="module")
def module(host):
    spec = importlib.util.spec_from_file_location("custom_x_deepgin", FOLDER / "__init__.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def fill(module, weights):
    """Calls the node as ComfyUI does: every input by its name, defaults where none is given."""
    node = module.NODE_CLASS_MAPPINGS["DeepginInpaint"]

    def run(image, mask, **given):
        values = {"image": image, "mask": mask, "weights": str(weights)} | given
        for name, (_, *more) in node.INPUT_TYPES()["required"].items():
            values.setdefault(name, more[0].get("default"))
        with torch.inference_mode():
            (out,) = getattr(node(), node.FUNCTION)(**values)
        return out

    return run
