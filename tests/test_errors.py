"""Errors and notes: one problem and one mend, spelled for each door."""

import pickle

import pytest

from deepgin.errors import Note, PictureError, UsageError, in_python, in_request, on_command_line

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
