"""The tools and the mask: what each marks, to the pixel."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def ready(person, picture):
    person.open(picture())
    return person


def disc(x, y, radius):
    rows, columns = np.mgrid[:64, :96] + 0.5
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def test_the_brush_marks_a_disc_and_the_eraser_takes_it_away(ready):
    ready.brush(20)
    ready.drag((30, 30))
    assert np.abs(ready.mask().astype(int) - disc(30, 30, 10)).sum() <= 8
    ready.page.keyboard.press("e")
    ready.drag((30, 20), (30, 40))
    left = ready.mask()
    assert not left.any() or left.sum() < 40
    assert ready.page.get_attribute("#eraser", "aria-pressed") == "true"
    ready.page.keyboard.press("Control+z")
    assert np.abs(ready.mask().astype(int) - disc(30, 30, 10)).sum() <= 8


def test_the_finest_brush_marks_single_pixels_without_gaps(ready):
    ready.brush(1)
    ready.drag((10.5, 10.5), (40.5, 10.5))
    expected = np.zeros((64, 96), bool)
    expected[10, 10:41] = True
    assert np.array_equal(ready.mask(), expected)


def test_a_stroke_is_a_capsule_whatever_way_it_goes(ready):
    ready.brush(12)
    ready.drag((20, 12), (70, 50))
    rows, columns = np.mgrid[:64, :96] + 0.5
    a, way = np.array([20, 12]), np.array([50, 38])
    along = ((columns - a[0]) * way[0] + (rows - a[1]) * way[1]) / (way @ way)
    along = along.clip(0, 1)
    far = np.hypot(columns - a[0] - along * way[0], rows - a[1] - along * way[1])
    wrong = ready.mask() != (far <= 6)
    assert not wrong[np.abs(far - 6) > 0.4].any()


def test_rectangle_and_lasso(ready):
    for tool in ("lasso", "rectangle"):
        ready.page.click(f"#{tool}")
        ready.drag((30, 30))  # a click marks nothing
    assert ready.page.is_disabled("#undo")
    ready.drag((-8, -4), (10, 10))
    mask = ready.mask()
    assert mask[:10, :10].all()
    assert mask.sum() == 100
    ready.page.click("#undo")
    ready.drag((60, 40), (20.5, 10.5))
    expected = np.zeros((64, 96), bool)
    expected[10:40, 20:60] = True
    assert np.array_equal(ready.mask(), expected)
    ready.page.keyboard.press("l")
    ready.drag((70, 5), (90, 5), (90, 60), (70, 60))
    drawn = ready.mask() & ~expected
    assert drawn[8:57, 73:88].all()
    assert not drawn[:, :69].any()
    ready.page.keyboard.down("Alt")
    ready.drag((0, 0), (95, 0), (95, 63), (0, 63))
    ready.page.keyboard.up("Alt")
    assert ready.mask()[2:60, 2:92].sum() == 0


def test_undo_and_redo_of_marks(ready):
    seen = [ready.mask()]
    for y in (10, 30, 50):
        ready.drag((20, y), (60, y))
        seen.append(ready.mask())
    for known in seen[-2::-1]:
        ready.page.click("#undo")
        assert np.array_equal(ready.mask(), known)
    assert ready.page.is_disabled("#undo")
    ready.page.keyboard.press("Control+y")
    assert np.array_equal(ready.mask(), seen[1])
    ready.drag((80, 10), (80, 50))
    assert ready.page.is_disabled("#redo")


def test_zoom_and_pan(ready):
    page = ready.page
    whole = page.text_content("#scale")
    page.mouse.move(*ready.at(10, 10))
    at = ready.at(10, 10)
    page.mouse.wheel(0, -100)
    page.wait_for_selector(f"#scale:not(:text-is('{whole}'))")
    turned = page.text_content("#scale")
    assert np.allclose(ready.at(10, 10), at, atol=1)
    for _ in range(20):
        page.mouse.wheel(0, 5)
    page.wait_for_selector(f"#scale:text-is('{whole}')")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -20)
    page.keyboard.up("Control")
    page.wait_for_selector(f"#scale:text-is('{turned}')")
    assert np.allclose(ready.at(10, 10), at, atol=1)
    page.keyboard.down(" ")
    before = ready.at(0, 0)
    page.mouse.down()
    page.mouse.move(at[0] + 30, at[1] + 20, steps=3)
    page.mouse.up()
    page.keyboard.up(" ")
    assert np.allclose(np.subtract(ready.at(0, 0), before), (30, 20), atol=1)
    assert not ready.mask().any()
    page.click("#whole")
    assert page.text_content("#scale") == "100 %"
    page.click("#larger")
    assert page.text_content("#scale") == "140 %"
    page.click("#fit")
    assert page.text_content("#scale") == whole


def test_choices_survive_a_reload(ready, picture):
    page = ready.page
    ready.brush(12)
    page.keyboard.press("l")
    page.click("#more")
    page.wait_for_selector("#sharp:visible")
    page.select_option("#way", "crop")
    page.fill("#dilate", "3")
    page.fill("#sharpness", "0.5")
    page.keyboard.press("Escape")
    page.reload()
    ready.open(picture("other.png"))
    page.wait_for_selector("#lasso[aria-pressed=true]")
    page.wait_for_selector("#sharpened:text-is('0.50')", state="attached")
    assert page.text_content("#pixels") == "12 px"
    assert [page.input_value(f"#{name}") for name in ("way", "dilate")] == ["crop", "3"]
    assert page.is_disabled("#texture")


def test_a_mask_is_saved_loaded_inverted_and_cleared(ready, tmp_path):
    ready.drag((20, 20), (50, 40))
    saved = ready.mask()
    soft, alpha = np.where(saved, 130, 120).astype(np.uint8), np.zeros((64, 96, 4), np.uint8)
    alpha[..., 3] = saved * 255
    for name, mask in {"mask": saved, "grey": soft, "alpha": alpha}.items():
        Image.fromarray(mask).save(tmp_path / f"{name}.png")
    for name in ("clear", "invert"):
        ready.page.click("#more")
        ready.page.click(f"#{name}")
        ready.page.keyboard.press("Escape")
    assert ready.mask().all()
    for name in ("mask", "grey", "alpha"):
        ready.page.evaluate("document.getElementById('told').textContent = ''")
        ready.page.set_input_files("#mask-file", tmp_path / f"{name}.png")
        ready.hears("load")
        assert np.array_equal(ready.mask(), saved)
        ready.page.keyboard.press("Control+z")
    assert ready.mask().all()


def test_a_mask_of_another_size_is_refused_with_both_sizes(ready, tmp_path):
    ready.drag((20, 20), (50, 40))
    kept = ready.mask()
    Image.new("L", (10, 20)).save(tmp_path / "mask.png")
    ready.page.set_input_files("#mask-file", tmp_path / "mask.png")
    ready.page.wait_for_selector(".message.wrong.shown")
    assert "10 × 20" in ready.told()
    assert "96 × 64" in ready.told()
    assert np.array_equal(ready.mask(), kept)
