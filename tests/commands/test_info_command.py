"""`deepgin info`: what weights say of themselves, the variants, this machine."""

import hashlib
import json
import shutil

import torch

from deepgin import __version__, build, variants

# [P] Table 1 at width 64, parameters as the authors' code has them.
AT_64 = {"std-coarse": 8_167_843, "std": 40_849_990, "deepgin": 42_930_186}


def test_json(works, weights):
    facts = json.loads(works("info", weights, "--json"))
    assert facts["version"] == __version__
    card = facts["weights"]
    assert card["file"] == str(weights)
    assert card["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert (card["network"], card["width"]) == ("deepgin-prefill", 4)
    assert (card["licence"], card["training"]) == ("for tests", {"samples": 12})
    assert card["preprocessing"]["mask"] == "1 = missing"
    assert facts["machine"]["torch"] == torch.__version__
    assert facts["machine"]["precision"] in ("float32", "bfloat16")
    rows = facts["variants"]["rows"]
    assert facts["variants"]["width"] == 64
    assert [row["name"] for row in rows] == list(variants())
    counts = {row["name"]: row["parameters"] for row in rows}
    assert {name: counts[name] for name in AT_64} == AT_64
    assert {row["name"] for row in rows if not row["paper"]} == {"std-sa-skip", "deepgin-prefill"}


def test_counts_are_those_of_the_built_networks(works, weights):
    rows = json.loads(works("info", weights, "--width", 2, "--json"))["variants"]["rows"]
    for row in rows:
        built = sum(parameter.numel() for parameter in build(row["name"], 2).parameters())
        assert row["parameters"] == built, row["name"]


def test_text(works, weights, tmp_path):
    odd = tmp_path / "[bold]odd[x] :smile:.safetensors"
    shutil.copy(weights, odd)
    out = works("info", odd)
    assert len(out.splitlines()) == 12
    for fact in (str(odd), "deepgin-prefill, width 4", *variants()):
        assert fact in out
    assert hashlib.sha256(weights.read_bytes()).hexdigest() in out


def test_weights_that_come_with_the_package_are_the_default(works, weights, monkeypatch):
    monkeypatch.setattr("deepgin.weights.hub.SHIPPED", weights)
    assert json.loads(works("info", "--json"))["weights"]["file"] == str(weights)
