"""Pictures of several formats through the page: each comes back as what it was."""

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps

from deepgin.pictures import Document

TURNED = Image.Exif()
TURNED[0x0112] = 6


def repaired(person, path):
    """Return the mask, and the downloaded picture with its name."""
    person.open(path)
    person.drag((20, 20), (40, 30))
    hole = person.mask()
    person.fill()
    name, data = person.download()
    image = Image.open(BytesIO(data))
    image.load()
    return hole, name, image


@pytest.mark.parametrize(
    ("name", "after", "options"),
    [
        ("Photo.JPG", "JPEG", {"exif": TURNED, "quality": 95, "subsampling": 0}),
        ("a.png", "PNG", {"exif": TURNED}),
        ("a.webp", "WEBP", {"exif": TURNED, "lossless": True}),
        ("c.jpg", "JPEG", {"mode": "CMYK", "quality": 95}),
        ("c.avif", "AVIF", {}),
        ("c.gif", "PNG", {}),  # which is not written
    ],
)
def test_a_picture_comes_back_as_what_it_was(person, picture, name, after, options):
    path = picture(name, **options)
    hole, saved, result = repaired(person, path)
    ending = ".png" if after == "PNG" else path.suffix
    assert (saved, result.format) == (f"{path.stem}-filled{ending}", after)
    with Image.open(path) as image:
        before = ImageOps.exif_transpose(image)
    assert result.size == before.size == hole.shape[::-1]
    assert result.getexif().get(0x0112, 1) == 1
    assert (result.mode == "CMYK") == (before.mode == "CMYK")
    mode = "CMYK" if before.mode == "CMYK" else "RGB"
    result, before = (np.asarray(image.convert(mode)).astype(int) for image in (result, before))
    # Encoded once more, unless exact.
    assert np.abs(result[~hole] - before[~hole]).mean() <= (0 if after in ("WEBP", "PNG") else 4)


DECODED = """async (files) => {
  const { decode } = await import("/page/picture.js");
  const seen = [];
  for (const bytes of files) {
    const file = new File([new Uint8Array(bytes)], "a.webp", { type: "image/webp" });
    const { bitmap, width, height } = await decode(file);
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    seen.push([width, height, ...context.getImageData(0, 0, width, height).data]);
  }
  return seen;
}"""


def test_webp_is_shown_upright(person):
    # Each pixel has its colour, so that all orientations differ.
    picture = np.array(
        [[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[0, 0, 0], [99, 99, 99], [255] * 3]], np.uint8
    )
    files, upright = [], []
    for orientation in range(1, 9):
        exif, file = Image.Exif(), BytesIO()
        exif[0x0112] = orientation
        Image.fromarray(picture).save(file, "WEBP", lossless=True, exif=exif)
        files.append(list(file.getvalue()))
        turned = ImageOps.exif_transpose(Image.open(file)).convert("RGBA")
        upright.append([*turned.size, *turned.tobytes()])
    assert person.page.evaluate(DECODED, files) == upright


def test_more_pixels_than_are_shown(person, tmp_path):
    Image.new("1", (8000, 6400)).save(tmp_path / "large.png")
    person.open(tmp_path / "large.png")
    assert person.page.text_content("#dimensions") == "8000 × 6400"
    assert person.told() == "Shown smaller than it is; it is filled in full size."
    inside, outside = (2500, 3000), (6000, 3000)
    dark = [person.colour(*inside), person.colour(*outside)]
    assert dark == [(0, 0, 0)] * 2
    person.page.keyboard.press("r")
    person.drag((1000, 1000), (4000.5, 4000.5))
    person.page.mouse.move(5, 5)
    expected = np.zeros((6400, 8000), bool)
    expected[1000:4001, 1000:4001] = True
    assert (person.mask() != expected).mean() < 0.001
    marked = person.colour(*inside)
    assert [marked != (0, 0, 0), person.colour(*outside)] == [True, (0, 0, 0)]
    person.page.evaluate("document.getElementById('invert').click()")
    person.ready()
    assert [person.colour(*inside), person.colour(*outside) != (0, 0, 0)] == [(0, 0, 0), True]


def test_what_the_browser_cannot_show_is_said_in_words(person, tmp_path):
    for name, content, words in (
        ("a.tif", b"II*\0rest", "a.tif: The picture is damaged"),
        ("a.jpg", b"hello", "a.jpg: The picture is not a picture"),
        ("a.png", b"", "a.png is empty (0 bytes)."),
        ("a.dng", b"II*\0rest", "a.dng is a raw file"),
    ):
        (tmp_path / name).write_bytes(content)
        person.page.set_input_files("#picture-file", tmp_path / name)
        person.hears(f"^{re.escape(words)}")
        assert person.page.is_visible(".message.wrong")
        assert person.page.is_visible("#choose")
    person.troubles.clear()


def test_what_the_browser_cannot_show_the_service_does(person, tmp_path, photo):
    colours = photo(64, 96).astype(np.uint16) * 257
    deep = np.dstack([colours, np.full((64, 96), 65535, np.uint16)])
    deep[:8, :, 3] = 0
    Document.of_array(deep).save(tmp_path / "deep.tif")
    person.open(tmp_path / "deep.tif")
    assert np.allclose(person.colour(70.5, 30.5), deep[30, 70, :3] >> 8, atol=1)
    hole, name, result = repaired(person, tmp_path / "deep.tif")
    assert (name, result.format) == ("deep-filled.tif", "TIFF")
    (tmp_path / name).write_bytes(person.download()[1])
    after = Document.open(tmp_path / name)
    assert after.mode == "RGBA;16"
    assert np.array_equal(after.pixels[~hole], deep[~hole])
    assert (after.pixels[hole] != deep[hole]).any()
    # What was filled is shown as it is.
    y, x = np.argwhere(hole)[hole.sum() // 2]
    person.page.mouse.move(5, 5)
    assert np.allclose(person.colour(x + 0.5, y + 0.5), after.pixels[y, x, :3] >> 8, atol=2)
