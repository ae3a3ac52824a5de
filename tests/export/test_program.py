"""Programs of torch.export: what they give in a process that does not know this package."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from deepgin.export.files import CONTRACTS

_RUN = """
import json, sys
sys.modules["deepgin"] = None
import numpy, torch
for folder in sys.argv[1:]:
    facts = {"deepgin": "", "deepgin_version": "", "contract": ""}
    fill = torch.export.load(f"{folder}/network.pt2", extra_files=facts).module()
    inputs = list(numpy.load(f"{folder}/inputs.npz").values())
    results = []
    for picture, mask in zip(inputs[::2], inputs[1::2]):
        made = fill(torch.from_numpy(picture), torch.from_numpy(mask))
        results += [made] if torch.is_tensor(made) else made
    numpy.savez(f"{folder}/outputs.npz", *(one.numpy() for one in results))
    print(json.dumps({k: v if type(v) is str else v.decode() for k, v in facts.items()}))
"""
SIZES = [(1, 17, 17), (3, 40, 64), (1, 256, 256), (1, 37, 300), (2, 600, 24), (1, 50, 1100)]


@pytest.mark.parametrize(
    ("name", "contracts"),
    [
        ("std-coarse", ("deepgin", "migan")),
        pytest.param("deepgin-prefill", ("deepgin",), marks=pytest.mark.slow),
    ],
)
def test_gives_what_torch_gives(exported, network_of, scene, name, contracts):
    folders, expected = [], []
    for contract in contracts:
        folders.append(exported(name, 2, "pt2", contract=contract).parent)
        network, inputs = CONTRACTS[contract](network_of(name, 2)), []
        for size in SIZES:
            pictures, holes = scene(*size)
            mask = np.where(holes, np.uint8(255), np.uint8(0))
            if contract == "migan":
                pictures = np.ascontiguousarray(np.moveaxis(pictures, 3, 1))
                mask = 255 - mask[:, None]
            inputs += [pictures, mask]
            with torch.no_grad():
                made = network(torch.tensor(pictures), torch.tensor(mask))
            expected += [made] if torch.is_tensor(made) else made
        np.savez(folders[-1] / "inputs.npz", *inputs)
    # One process for all, since torch takes seconds to start.
    command = [sys.executable, "-W", "ignore", "-c", _RUN, *map(str, folders)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    facts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["contract"] for one in facts] == list(contracts)
    assert {json.loads(one["deepgin"])["network"] for one in facts} == {name}
    outputs = [part for folder in folders for part in np.load(folder / "outputs.npz").values()]
    for one, other in zip(outputs, expected, strict=True):
        assert one.shape == other.shape
        assert one.dtype == np.uint8
        assert np.abs(one.astype(int) - other.numpy()).max() <= 1
