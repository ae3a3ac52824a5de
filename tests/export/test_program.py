"""Programs of torch.export: what they give in a process that does not know this package."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from deepgin.export.files import CONTRACTS

_RUN = """
import sys
sys.modules["deepgin"] = None
import numpy, torch
program, arrays, found = sys.argv[1:]
told = {"deepgin": "", "deepgin_version": "", "contract": ""}
fill = torch.export.load(program, extra_files=told).module()
inputs = list(numpy.load(arrays).values())
results = []
for picture, mask in zip(inputs[::2], inputs[1::2]):
    made = fill(torch.from_numpy(picture), torch.from_numpy(mask))
    results += [made] if torch.is_tensor(made) else made
numpy.savez(found, *(one.numpy() for one in results))
import json
print(json.dumps({key: value if type(value) is str else value.decode() for key, value in told.items()}))
"""
SIZES = [(1, 17, 17), (3, 40, 64), (1, 256, 256), (1, 37, 300), (2, 600, 24), (1, 50, 1100)]


@pytest.mark.parametrize(
    ("name", "contract"),
    [
        ("std-coarse", "deepgin"),
        ("std-coarse", "migan"),
        pytest.param("deepgin-prefill", "deepgin", marks=pytest.mark.slow),
    ],
)
def test_gives_what_torch_gives(exported, network_of, scene, tmp_path, name, contract):
    file = exported(name, 2, "pt2", contract=contract)
    network = CONTRACTS[contract](network_of(name, 2))
    inputs, wanted = [], []
    for size in SIZES:
        pictures, holes = scene(*size)
        mask = np.where(holes, np.uint8(255), np.uint8(0))
        if contract == "migan":
            pictures, mask = np.ascontiguousarray(np.moveaxis(pictures, 3, 1)), 255 - mask[:, None]
        inputs += [pictures, mask]
        with torch.no_grad():
            made = network(torch.tensor(pictures), torch.tensor(mask))
        wanted += [made] if torch.is_tensor(made) else made
    np.savez(tmp_path / "inputs.npz", *inputs)
    words = [sys.executable, "-W", "ignore", "-c", _RUN, file]
    words += [tmp_path / "inputs.npz", tmp_path / "found.npz"]
    done = subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert told["contract"] == contract
    assert json.loads(told["deepgin"])["network"] == name
    found = list(np.load(tmp_path / "found.npz").values())
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.shape == other.shape
        assert one.dtype == np.uint8
        assert np.abs(one.astype(int) - other.numpy()).max() <= 1
