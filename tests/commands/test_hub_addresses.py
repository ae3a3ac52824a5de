"""Weights on the hub, named by `hf:owner/name` wherever weights are named; from a cache, no network."""

import json

import pytest
import torch
from huggingface_hub import constants

from deepgin.evaluation.methods import method
from deepgin.service.networks import Networks
from deepgin.training.recipe import NetworkRecipe, Recipe
from deepgin.training.state import RunState
from deepgin.weights import file_hash, hub, load
from deepgin.weights.model import Model

ADDRESS, COMMIT = "hf:owner/name@v1", "c" * 40


@pytest.fixture(autouse=True)
def cached(monkeypatch, tmp_path, weights):
    """The tiny weights in a cache of the hub, as revision v1."""
    folder = tmp_path / "cache" / "models--owner--name"
    for name, content in (("refs/v1", COMMIT.encode()), ("blobs/b", weights.read_bytes())):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(content)
    path = folder / "snapshots" / COMMIT / "tiny.safetensors"
    path.parent.mkdir(parents=True)
    path.symlink_to(folder / "blobs/b")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(hub, "_downloads", {})
    return path


def test_info(works, cached, weights):
    told = json.loads(works("info", ADDRESS, "--json"))["weights"]
    assert (told["file"], told["width"]) == (str(cached), 4)
    assert told["sha256"] == file_hash(weights)


def test_evaluate(deepgin, pair, weights):
    arguments = ["--data", pair[0].parent, "--size", 16, "--masks", "rectangle"]
    code, out, _ = deepgin("evaluate", *arguments, "--methods", "deepgin", "--weights", ADDRESS)
    assert code == 0
    assert f"--weights {ADDRESS}" in out
    named = method(f"deepgin:crop@{ADDRESS}")
    assert named.name == "deepgin:crop@name@v1"
    assert file_hash(weights)[:16] in named.what


def test_service(weights):
    networks = Networks([Model(ADDRESS)], 1)
    networks.inpainter(networks.default)
    facts = networks.facts[networks.default]
    assert (facts["width"], facts["sha256"]) == (4, file_hash(weights))


def test_training_starts_from_it(cached):
    recipe = Recipe(network=NetworkRecipe(width=4), init=ADDRESS)
    begun = RunState.fresh(recipe, torch.device("cpu")).network.state_dict()
    wanted = load(cached).state_dict()
    assert all(torch.equal(begun[name], tensor) for name, tensor in wanted.items())


def test_one_line(fails, pair, tmp_path):
    out = tmp_path / "out.png"
    line = fails(1, "inpaint", *pair, "-o", out, "--weights", "hf:owner/other")
    assert "hf:owner/other is not in the cache" in line
    assert "write hf:owner/name" in fails(2, "info", "hf:owner")
    assert not out.exists()
