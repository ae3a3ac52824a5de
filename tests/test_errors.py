"""Errors and notes: one problem and one mend, spelled for each door."""

import base64
import pickle
import warnings

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from deepgin import Inpainter
from deepgin.commands import main
from deepgin.errors import Note, PictureError, UsageError, in_python, in_request, on_command_line
from deepgin.service.app import create_app
from deepgin.service.settings import Settings

MEND = "use {fit=crop}, {resize_mask=true}, {threshold=0.002} or {box}"


@pytest.mark.parametrize(
    ("spelling", "mend"),
    [
        (in_python, 'use fit="crop", resize_mask=True, threshold=0.002 or box=...'),
        (on_command_line, "use --fit crop, --resize-mask, --threshold 0.002 or --box"),
        (in_request, "use fit=crop, resize_mask=true, threshold=0.002 or box"),
    ],
)
def test_each_door_spells_options_its_way(spelling, mend):
    error = UsageError("a {b}.png is wrong", field="fit", mend=MEND)
    assert error.spelled(spelling) == f"a {{b}}.png is wrong: {mend}"
    assert Note("a", mend=MEND).spelled(spelling) == f"a: {mend}"
    assert error.field == "fit"


def test_python_is_the_default_and_problems_stand_alone():
    assert str(UsageError("a", mend="use {invert=true}")) == "a: use invert=True"
    assert Note("a", mend="use {invert=true}") == "a: use invert=True"
    assert str(PictureError("a.png: no such file")) == "a.png: no such file"
    assert pickle.loads(pickle.dumps(PictureError("a", mend="b"))).mend == "b"


FLAG = {"resize_mask=true": "--resize-mask", "threshold=0.002": "--threshold 0.002"}


@pytest.fixture
def doors(weights, tmp_path, capsys):
    """Fills a picture with a mask through every door; returns the fields and the lines by door."""
    inpainter = Inpainter(weights, device="cpu")

    def python(picture, mask):
        try:
            with warnings.catch_warnings(record=True) as warned:
                inpainter(picture, mask)
        except PictureError as error:
            return error.field, str(error)
        return "", str(warned[0].message)

    def command(target):
        source = "in" if target == "out" else "in/a.png"
        mask = "masks" if target == "out" else "masks/a.png"
        paths = [str(tmp_path / path) for path in (source, mask, target)]
        main(["inpaint", *paths[:2], "-o", paths[2], "--weights", str(weights)])
        return capsys.readouterr().err

    def service(client, address, **body):
        answer = client.post(address, **body)
        if answer.is_success:
            return "", answer.headers["X-Deepgin-Warnings"]
        return answer.json()["field"], answer.json()["error"]

    def fill(picture, mask):
        content = {}
        for name, array in (("in", picture), ("masks", mask)):
            (tmp_path / name).mkdir()
            Image.fromarray(array).save(tmp_path / name / "a.png")
            content[name] = (tmp_path / name / "a.png").read_bytes()
        app = create_app(Settings(), inpainter=inpainter)
        with TestClient(app, base_url="http://localhost") as client:
            client.portal.call(app.state.service.settled.wait)
            files = {"picture": content["in"], "mask": content["masks"]}
            image, mark = (base64.b64encode(part).decode() for part in content.values())
            fields = {"image": image, "mask": mark}
            served = [
                service(client, "/v1/inpaint", files=files),
                service(client, "/api/v1/inpaint", json=fields),
            ]
        return python(picture, mask), [command("out.png"), command("out")], served

    return fill


@pytest.mark.parametrize(
    ("height", "white", "field", "option", "in_python"),
    [
        (19, 255, "mask", "resize_mask=true", "resize_mask=True"),
        (20, 1, "", "threshold=0.002", "threshold=0.002"),
    ],
)
def test_one_wrong_mask_through_all_doors(doors, photo, height, white, field, option, in_python):
    mask = np.zeros((height, 30), np.uint8)
    mask[5:9, 5:9] = white
    (python_field, line), commands, served = doors(photo(20, 30), mask)
    assert python_field == field
    assert in_python in line
    assert "--" not in line
    for line in commands:
        assert FLAG[option] in line
        assert option not in line
    for served_field, line in served:
        assert served_field == field
        assert option in line
        assert "--" not in line
