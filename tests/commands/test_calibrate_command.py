"""`deepgin calibrate`: the table and the options it prints, and wrong use."""

import re

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file


def network_file(path, factor=1.0):
    """VGG-19's first layer, random, its features multiplied by `factor`."""
    draws = torch.Generator().manual_seed(0)
    state = {"conv1_1.weight": torch.randn(64, 3, 3, 3, generator=draws) * factor}
    state |= {"conv1_1.bias": torch.randn(64, generator=draws) * factor}
    state |= {"input.weight": torch.eye(3).view(3, 3, 1, 1), "input.bias": torch.zeros(3)}
    save_file(state, path)
    return path


@pytest.fixture
def photos(tmp_path, photo):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(2):
        Image.fromarray(photo(32, 40, seed=i)).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def options(photos, weights):
    return ["--photos", photos, "--weights", weights, "--size", 32, "--precision", "float32"]


def test_exact(works, options, tmp_path):
    given = network_file(tmp_path / "given.safetensors", 2.0)
    reference = network_file(tmp_path / "reference.safetensors")
    out = works("calibrate", "--network", given, "--reference", reference, *options)
    assert out.splitlines()[-1] == "--loss.perceptual 0.025 --loss.style 20"
    assert "over 6 samples" in out
    assert "ESTIMATED" not in out
    row = next(line for line in out.splitlines() if line.startswith("| conv1_1 |"))
    values = [float(cell) for cell in row.split("|")[2:-1]]
    assert values[1] == pytest.approx(2 * values[0], rel=1e-2)
    assert values[3] == pytest.approx(4 * values[2], rel=1e-2)


def test_the_estimate_forgets_the_given_scale_and_says_what_it_is(works, options, tmp_path):
    found = []
    for factor in (1.0, 4.0):
        given = network_file(tmp_path / f"{factor}.safetensors", factor)
        out = works("calibrate", "--network", given, *options)
        assert "ESTIMATED" in out
        last = re.fullmatch(r"--loss.perceptual (\S+) --loss.style (\S+)", out.splitlines()[-1])
        found.append([float(value) for value in last.groups()])
    assert found[0][0] / found[1][0] == pytest.approx(4, rel=0.1)
    assert found[0][1] / found[1][1] == pytest.approx(16, rel=0.1)


def test_wrong_use(fails, options, tmp_path):
    given = network_file(tmp_path / "given.safetensors")
    assert "no.safetensors" in fails(1, "calibrate", "--network", "no.safetensors", *options)
    assert "multiple of 16" in fails(2, "calibrate", "--network", given, *options, "--size", 40)
    assert "network" in fails(2, "calibrate", *options)
    message = fails(2, "calibrate", "--network", given, *options, "--sharpness", 0.5)
    assert "tiny.safetensors holds one set of weights" in message
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "empty" in fails(1, "calibrate", "--network", given, *options, "--photos", empty)
