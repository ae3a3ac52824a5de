"""What stands beside the ComfyUI node: workflows, requirements, what the registry reads."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import deepgin

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "integrations" / "comfyui"

# What is saved of a workflow: by name for the API, by place for the page.
API = json.loads((FOLDER / "deepgin-inpaint-api.json").read_text())
PAGE = json.loads((FOLDER / "example_workflows" / "deepgin-inpaint.json").read_text())
# Types of what other nodes give and take, as ComfyUI has them.
GIVES = {"LoadImage": ["IMAGE", "MASK"], "LoadImageMask": ["MASK"], "DeepginInpaint": ["IMAGE"]}


@pytest.fixture(scope="module")
def inputs(module):
    return {k: v for part in module.Inpaint.INPUT_TYPES().values() for k, v in part.items()}


def _is_valid(value, kind, more):
    if isinstance(kind, list):
        return value in kind
    kinds = {"BOOLEAN": bool, "INT": int, "FLOAT": float, "STRING": str}
    low, high = more.get("min", value), more.get("max", value)
    return type(value) is kinds[kind] and low <= value <= high


def test_the_workflow_for_the_api(inputs):
    (node,) = (one for one in API.values() if one["class_type"] == "DeepginInpaint")
    assert set(node["inputs"]) == set(inputs)
    for name, value in node["inputs"].items():
        kind, more = inputs[name]
        if isinstance(value, list):
            assert GIVES[API[value[0]]["class_type"]][value[1]] == kind
        else:
            assert _is_valid(value, kind, more)
    assert API["1"]["inputs"]["image"] == PAGE["nodes"][0]["widgets_values"][0]
    for one in "12":
        assert (ROOT / "examples" / API[one]["inputs"]["image"]).is_file()


def test_the_workflow_for_the_page(inputs):
    nodes = {node["id"]: node for node in PAGE["nodes"]}
    (node,) = (one for one in nodes.values() if one["type"] == "DeepginInpaint")
    sockets = {one["name"]: one for one in node["inputs"]}
    assert {name: one["type"] for name, one in sockets.items()} == {
        "image": "IMAGE",
        "mask": "MASK",
    }
    shown = {name: kinds for name, kinds in inputs.items() if name not in sockets}
    for value, kinds in zip(node["widgets_values"], shown.values(), strict=True):
        assert _is_valid(value, *kinds)
    for link, source, out, target, place, kind in PAGE["links"]:
        given, taken = nodes[source]["outputs"][out], nodes[target]["inputs"][place]
        assert link in given["links"]
        assert (taken["link"], taken["type"], given["type"]) == (link, kind, kind)
        assert GIVES[nodes[source]["type"]][out] == kind
    assert PAGE["last_node_id"] == max(nodes)


def test_what_is_installed_leaves_the_runtimes_of_comfyui_alone():
    core = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    node = tomllib.loads((FOLDER / "pyproject.toml").read_text())
    needed = (FOLDER / "requirements.txt").read_text().split()
    # A part of what deepgin needs, at its versions; no PyTorch, no ONNX Runtime, not deepgin.
    assert set(needed) < set(core["dependencies"])
    assert not [one for one in needed if one.startswith(("onnxruntime", "torch", "deepgin"))]
    assert node["project"]["version"] == deepgin.__version__
    assert node["project"]["requires-python"] == core["requires-python"]
    assert node["tool"]["comfy"]["includes"] == ["deepgin"]


_BARE = """
import sys, types
from pathlib import Path

folder = sys.argv[1]
sys.path[:] = [path for path in sys.path if not (Path(path) / "deepgin").is_dir()]

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Absent())
comfy = types.ModuleType("comfy")
for part in ("utils", "model_management"):
    setattr(comfy, part, types.ModuleType(part))
    sys.modules["comfy." + part] = getattr(comfy, part)
sys.modules["comfy"] = comfy
comfy.utils.ProgressBar = lambda total: types.SimpleNamespace(update_absolute=lambda *_: None)
comfy.model_management.throw_exception_if_processing_interrupted = lambda: None

import torch
from importlib.util import module_from_spec, spec_from_file_location

spec = spec_from_file_location("node", folder + "/__init__.py")
node = module_from_spec(spec)
spec.loader.exec_module(node)
mask = torch.zeros(1, 32, 48)
mask[:, 8:20, 10:26] = 1
(out,) = node.Inpaint().fill(torch.full((1, 32, 48, 3), 0.5), mask)
import deepgin
print(deepgin.__file__, *out.shape)
"""


def test_the_requirements_suffice_with_deepgin_in_the_folder(tmp_path):
    core = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    needed = (FOLDER / "requirements.txt").read_text().split()
    absent = {one.partition(">")[0].replace("-", "_").lower() for one in set(core) - set(needed)}
    assert "onnxruntime" in absent
    absent = absent - {"pyyaml"} | {"yaml"}
    shutil.copy(FOLDER / "__init__.py", tmp_path)
    (tmp_path / "deepgin").symlink_to(Path(deepgin.__file__).parent)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", _BARE.replace("{absent}", repr(absent)), str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(tmp_path / "deepgin" / "__init__.py"), "1", "32", "48", "3"]
