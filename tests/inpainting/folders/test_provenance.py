"""What results tell of how they were made: the sharpness that was taken, under texture too."""

import pytest

from deepgin.inpainting import Options
from deepgin.inpainting.folders.provenance import provenance


@pytest.mark.parametrize(
    ("options", "asked", "told"),
    [
        (Options(), None, 0),
        (Options(), 0.25, 0.25),
        (Options(texture="off"), None, 0.25),
        (Options(fit="crop"), None, 0.25),
        (Options(fit="crop", texture="on"), None, 0),
        (Options(texture="off"), 1, 1),
    ],
)
def test_the_sharpness_that_is_taken(stages, options, asked, told):
    assert provenance(stages.both, options, asked)["sharpness"] == told


def test_weights_of_one_set_have_none(stages):
    assert "sharpness" not in provenance(stages.soft, Options())
