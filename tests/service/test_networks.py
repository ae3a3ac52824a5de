"""Several networks: chosen by request, loaded when asked for, few in memory, changed on disk."""

import gc
import shutil
import weakref

import numpy as np
import pytest

from deepgin.errors import UsageError, WeightsError
from deepgin.inpainting import Inpainter, Options
from deepgin.service.gathering import Way
from deepgin.service.networks import Networks
from deepgin.service.refusals import Refusal
from deepgin.weights.model import Model

pytestmark = pytest.mark.anyio


@pytest.fixture
def files(stages, weights, tmp_path):
    """Three weights files, of which the last has two sets."""
    paths = [tmp_path / f"{name}.safetensors" for name in ("soft", "tiny", "both")]
    for path, source in zip(paths, (stages.soft, weights, stages.both), strict=True):
        shutil.copy(source, path)
    return paths


@pytest.fixture
def models(files):
    return [Model(path, "cpu", "float32") for path in files]


async def test_a_request_chooses(serving, models, files, upload, decoded, sentence):
    shown, sent = {}, {**upload()}
    async with serving(model=models[0], others=tuple(models[1:])) as c:
        listed = (await c.get("/v1/models")).json()["models"]
        assert [one["network"] for one in listed] == [path.name for path in files]
        assert [one["loaded"] for one in listed] == [True, False, False]
        assert [one["sharpness"] for one in listed] == [None, None, 0.25]
        for name in ("", *(path.name for path in files)):
            data = {"network": name, "texture": "off"}
            answer = await c.post("/v1/inpaint", files=sent, data=data)
            assert answer.status_code == 200, answer.text
            shown[name] = decoded(answer.content)
        listed = (await c.get("/v1/models")).json()["models"]
        assert all(one["loaded"] and len(one["sha256"]) == 64 for one in listed)
        data = {"network": "other"}
        words = sentence(await c.post("/v1/inpaint", files=sent, data=data), 400, "network")
        assert all(path.name in words for path in files)
        data = {"network": "tiny.safetensors", "sharpness": "1"}
        sentence(await c.post("/v1/inpaint", files=sent, data=data), 400, "sharpness")
    assert np.array_equal(shown[""], shown["soft.safetensors"])
    picture, hole = decoded(sent["picture"][1]), decoded(sent["mask"][1]) > 127
    for path in files:
        alone = Inpainter(path, device="cpu", precision="float32")
        result = alone.run(picture, hole, options=Options(texture="off")).array()
        assert np.array_equal(shown[path.name], result)


def test_memory_is_bounded(models, files):
    networks = Networks(models, 2)
    assert not any(facts["loaded"] for facts in networks.facts.values())
    kept = {path.name: weakref.ref(networks.inpainter(path.name)) for path in files[:2]}
    networks.inpainter(files[0].name)  # now the second is the least recently used
    networks.inpainter(files[2].name, 0.5)
    gc.collect()
    assert [kept[path.name]() is None for path in files[:2]] == [False, True]
    assert [facts["loaded"] for facts in networks.facts.values()] == [True, False, True]
    networks.inpainter(files[2].name, 1.0)
    gc.collect()
    assert kept[files[0].name]() is None


def test_a_changed_file_is_loaded_anew_or_refused(models, files, weights):
    networks = Networks(models, 3)
    name = files[0].name
    first = networks.inpainter(name)
    assert networks.inpainter(name) is first
    shutil.copy(weights, files[0])
    second = networks.inpainter(name)
    assert second is not first
    assert networks.facts[name]["sha256"]
    files[0].write_bytes(b"damaged")
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            networks.inpainter(name)
        assert (refused.value.status_code, refused.value.field) == (503, "network")
    assert not networks.facts[name]["loaded"]
    shutil.copy(weights, files[0])
    third = networks.inpainter(name)
    files[0].unlink()
    assert networks.inpainter(name) is third


def test_names(models, files, tmp_path):
    networks = Networks(models, 1)
    assert networks.checked(Way(Options())) == Way(Options(), None, files[0].name)
    with pytest.raises(UsageError) as error:
        networks.checked(Way(Options(), None, "x"))
    assert error.value.field == "network"
    other = tmp_path / "other" / files[0].name
    other.parent.mkdir()
    shutil.copy(files[0], other)
    with pytest.raises(UsageError, match=files[0].name):
        Networks([*models, Model(other)], 1)
    for missing in ("no.safetensors", "no.onnx"):
        with pytest.raises(WeightsError, match=missing):
            Networks([models[0], Model(tmp_path / missing)], 1)
