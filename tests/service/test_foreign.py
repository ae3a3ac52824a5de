"""The service with networks of other authors."""

import numpy as np
import pytest

from deepgin.weights import Model

pytestmark = pytest.mark.anyio


async def test_three_contracts(serving, known_network, photo, encoded, decoded):
    picture, mask = photo(30, 40), np.zeros((30, 40), np.uint8)
    mask[4:12, 6:20] = 255
    files = {"picture": ("a.png", encoded(picture)), "mask": ("mask.png", encoded(mask))}
    async with serving(model=Model(known_network, "cpu"), page=True) as c:
        [facts] = (await c.get("/v1/models")).json()["models"]
        assert facts["name"] in ("lama", "migan-pipeline", "net")
        assert facts["trained_at"] == 512
        assert len(facts["sha256"]) == 64
        for texture in ("auto", "off"):
            answer = await c.post("/v1/inpaint", files=files, data={"texture": texture})
            assert answer.status_code == 200, answer.text
            filled = decoded(answer.content)
            np.testing.assert_array_equal(filled[mask == 0], picture[mask == 0])
    assert len(np.unique(filled[mask > 0], axis=0)) == 1


async def test_a_wrong_contract_is_a_failure_to_load(serving, mean_network):
    model = Model(mean_network(), "cpu", contract="hole=0,range=0..1")
    async with serving(model=model) as c:
        assert c.app.state.service.failure.field == "contract"
        assert (await c.get("/readyz")).status_code == 503
