"""Running methods: what is measured, what is kept, and going on where a run was stopped."""

import json

import numpy as np
import pytest

from deepgin.errors import DeepginError, UsageError
from deepgin.evaluation.measures import MEASURES
from deepgin.evaluation.methods import Method
from deepgin.evaluation.runner import run
from deepgin.evaluation.scores import PICTURES, SCORES, clear, picture_path
from deepgin.metrics import l1_hole, psnr
from deepgin.pictures import read_rgb
from deepgin.testsets import EvaluationSet

NAMES = ["a/z.png", "b.png", "c.png"]
TWO = {name: MEASURES[name] for name in ("psnr", "l1_hole")}


class Quiet:
    """Keeps what it receives."""

    def __init__(self):
        self.begun, self.done, self.failures, self.notes, self.ended = None, [], [], [], False

    def begin(self, total, skipped):
        self.begun = (total, skipped)

    def filled(self, *name_and_fit):
        self.done.append(name_and_fit)

    def failed(self, *name_and_why):
        self.failures.append(name_and_why)

    def note(self, *name_and_text):
        self.notes.append(name_and_text)

    def end(self):
        self.ended = True


def request(*methods, **other):
    names = {method.name: method.what for method in methods}
    return {"pictures": 1, "masks": 2, "metrics": 3, "methods": names} | other


@pytest.fixture
def method(vandal):
    return Method("vandal", "paints", vandal())


@pytest.fixture
def go(folder, tmp_path):
    def start(*methods, kinds=("rectangle", "cellular"), watcher=None, keep=True, **other):
        protocol = EvaluationSet(folder, 32, kinds)
        asked = request(*methods, **other)
        return run(protocol, methods, TWO, tmp_path / "out", asked, watcher or Quiet(), keep=keep)

    return start


def test_valid_pixels_are_restored_before_measuring(go, folder, method, tmp_path):
    watcher = Quiet()
    result = go(method, watcher=watcher)
    protocol = EvaluationSet(folder, 32, ("rectangle", "cellular"))
    expected = [(name, masks) for name in NAMES for masks in ("rectangle", "cellular")]
    assert [(score.picture, score.masks) for score in result.scores] == expected
    cases = {case.picture: case for case in protocol.cases(lambda *_: None)}
    for score in result.scores:
        truth, mask = cases[score.picture].truth, cases[score.picture].masks[score.masks]
        completed = np.where(mask[..., None], np.uint8(50), truth)
        assert score.values == {
            "psnr": psnr(completed, truth),
            "l1_hole": l1_hole(completed, truth, mask),
        }
        assert (score.method, score.fit, score.error) == ("vandal", "by force", "")
        assert (score.width, score.height, score.coverage) == (32, 32, mask.mean())
        hole = np.where(mask[..., None], np.uint8(255), truth)
        pictures = {f"hole/{score.masks}": hole, f"vandal/{score.masks}": completed, "truth": truth}
        for what, expected in pictures.items():
            path = tmp_path / "out" / PICTURES / picture_path(what, score.picture)
            np.testing.assert_array_equal(np.asarray(read_rgb(path)), expected)
    assert (watcher.begun, watcher.ended, len(watcher.done)) == ((6, 0), True, 6)


def test_memory(folder, tmp_path, method, monkeypatch):
    class Fixed:
        def growth(self):
            return 12.5

    monkeypatch.setattr("deepgin.evaluation.runner.Peak", Fixed)
    protocol, memory = EvaluationSet(folder, 32, ("rectangle",)), {"memory": MEASURES["memory"]}
    result = run(protocol, [method], memory, tmp_path / "out", request(method), Quiet(), keep=False)
    assert [score.values for score in result.scores] == [{"memory": 12.5}] * 3


def test_every_method_meets_the_same(go, vandal):
    one, two = vandal(1), vandal(2)
    go(Method("one", "", one), Method("two", "", two), keep=False)
    assert len(one.seen) == 6
    for a, b in zip(one.seen, two.seen, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])


def test_a_method_that_fails_on_one_picture(go, vandal, method):
    def fragile(picture, hole):
        if picture[0, 0, 0] == first:
            raise ValueError("no\nluck")
        return vandal()(picture, hole)

    seen = vandal()
    go(Method("looker", "", seen), kinds=("rectangle",), keep=False)
    first = seen.seen[1][0][0, 0, 0]
    watcher = Quiet()
    broken = Method("fragile", "", fragile)
    result = go(broken, method, kinds=("rectangle",), watcher=watcher, keep=False)
    scores = {(s.method, s.picture): s for s in result.scores}
    assert scores["fragile", "b.png"].error == "ValueError: no luck"
    assert scores["fragile", "b.png"].values == {}
    assert watcher.failures == [("fragile on rectangle: b.png", "ValueError: no luck")]
    assert all(scores["vandal", name].values for name in NAMES)
    # It is tried again, and only it.
    first = -1
    again = Quiet()
    result = go(broken, method, kinds=("rectangle",), watcher=again, keep=False)
    assert again.begun == (1, 5)
    assert not any(score.error for score in result.scores)
    assert len(result.scores) == 9


@pytest.mark.parametrize("stop_after", [0, 3])
def test_stopped_anywhere_it_goes_on(folder, tmp_path, vandal, stop_after):
    def measure(name, fill):
        one = Method("m", "", fill)
        protocol = EvaluationSet(folder, 32, ("rectangle", "freeform"))
        return run(protocol, [one], TWO, tmp_path / name, request(one), Quiet(), keep=False)

    def without_time(result):
        return [s.__dict__ | {"seconds": 0} for s in result.scores]

    whole = measure("whole", vandal())
    count = 0

    def interrupted(picture, hole):
        nonlocal count
        if count == stop_after:
            raise KeyboardInterrupt
        count += 1
        return vandal()(picture, hole)

    with pytest.raises(KeyboardInterrupt):
        measure("parts", interrupted)
    with (tmp_path / "parts" / SCORES).open("a") as file:
        file.write('{"method": "m", "mas')  # killed while it wrote
    rest = vandal()
    assert without_time(measure("parts", rest)) == without_time(whole)
    assert len(rest.seen) == 6 - stop_after
    lines = (tmp_path / "parts" / SCORES).read_text().splitlines()
    assert len([json.loads(line) for line in lines]) == 6


@pytest.mark.parametrize("part", ["pictures", "masks", "metrics"])
def test_results_of_something_else_are_not_mixed_in(go, method, part, tmp_path):
    go(method)
    with pytest.raises(UsageError, match=part) as raised:
        go(method, **{part: "changed"})
    assert raised.value.field == "output" and "{overwrite=true}" in raised.value.mend
    clear(tmp_path / "out")
    assert not (tmp_path / "out" / "pictures").exists()
    assert len(go(method, **{part: "changed"}).scores) == 6


def test_overwriting_touches_nothing_but_a_report(tmp_path):
    mine = tmp_path / "pictures" / "mine.jpg"
    mine.parent.mkdir()
    mine.write_bytes(b"a photograph")
    clear(tmp_path)
    assert mine.read_bytes() == b"a photograph"


def test_methods_may_be_added_but_not_change(go, method, vandal):
    go(method)
    other = Method("other", "new", vandal(9))
    result = go(other)
    assert len(result.scores) == 12
    with pytest.raises(UsageError) as raised:
        go(Method("vandal", "draws", vandal()))
    assert raised.value.field == "methods"


def test_pictures_and_masks_that_cannot_be_used_are_left_out(go, folder, method, tmp_path):
    (folder / "b.png").write_bytes(b"\x89PNG....")
    (tmp_path / "made").mkdir()
    watcher = Quiet()
    kinds = ("rectangle", str(tmp_path / "made"))
    result = go(method, kinds=kinds, watcher=watcher, keep=False)
    assert [name for name, _ in watcher.notes] == [NAMES[0], "b.png", NAMES[2]]
    assert [score.picture for score in result.scores] == [NAMES[0], NAMES[2]]
    assert [name for name, _ in result.left_out] == [NAMES[0], "b.png", NAMES[2]]


def test_two_at_a_time_are_refused(go, vandal):
    def second(picture, hole):
        with pytest.raises(DeepginError, match="out"):
            go(Method("m", "", vandal()))
        return picture, ""

    go(Method("m", "", second), kinds=("rectangle",))


def test_damaged_log(go, method, tmp_path):
    go(method)
    (tmp_path / "out" / SCORES).write_text("{}\n")
    with pytest.raises(DeepginError, match="out") as raised:
        go(method)
    assert raised.value.field == "output"
