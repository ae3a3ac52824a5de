"""Steps of a fill: all are counted, none twice, and they can stop it."""

import numpy as np
import pytest

from deepgin import Inpainter
from deepgin.inpainting import Job, Options
from deepgin.inpainting.steps import Steps
from deepgin.pictures import Document


def job(photo, *size):
    mask = np.zeros(size, np.bool_)
    mask[5:50, 5:50] = mask[-20:-10, -20:-10] = True
    return Job(Document.of_array(photo(*size)), mask)


@pytest.mark.parametrize("group_pixels", [0, 4 * 256 * 256])
@pytest.mark.parametrize("texture", ["on", "off"])
@pytest.mark.parametrize(
    ("fit", "ensemble"),
    [("auto", False), ("direct", True), ("resize", False), ("crop", True), ("polyphase", False)],
)
def test_every_step_is_told_and_none_is_left(photo, painter, fit, ensemble, texture, group_pixels):
    told = []
    inpainter = Inpainter(runtime=painter(group_pixels=group_pixels, most=2))
    jobs = [job(photo, 600, 150), job(photo, 80, 90)]
    options = Options(fit=fit, ensemble=ensemble, texture=texture)
    inpainter.fill_many(jobs, options, lambda *steps: told.append(steps))
    assert told[0][0] == 0
    assert told[0][1] > 1
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(done <= of for done, of in told)
    if texture == "off":
        assert len({of for _, of in told}) == 1
        assert told[-1][1] - told[-1][0] <= 4


def test_it_may_stop_the_work(photo, painter):
    class Stopped(Exception):
        pass

    def stop(done, of):
        if done == 2:
            raise Stopped

    runtime = painter()
    with pytest.raises(Stopped):
        Inpainter(runtime=runtime).run(
            photo(700, 700),
            job(photo, 700, 700).mask,
            options=Options(fit="polyphase"),
            on_progress=stop,
        )
    assert len(runtime.seen) == 2


def test_expectations_are_corrected():
    told = []
    steps = Steps(lambda *both: told.append(both))
    steps.expect(3)
    steps.add(4)
    steps.check()
    steps.expect(2)
    steps.check()
    assert told == [(4, 4), (4, 5)]
