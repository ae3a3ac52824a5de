"""What a file says of its colours beside the samples: kept, or made a profile, or said."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from deepgin.pictures import Document
from deepgin.pictures.opening import heif_readable

from .builders import chunks_of, png_with

CICP = (b"cICP", bytes([9, 16, 0, 1]))
GAMMA = (b"gAMA", struct.pack(">I", 100000))
WIDE = (b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
LIGHT = [(b"mDCV", bytes(range(24))), (b"cLLI", bytes(range(8)))]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def png(path, image, *chunks, **options):
    path.write_bytes(png_with(image, *chunks, **options))
    return path


def kept_to(tmp_path, source, ending):
    """Return what is read again of what is written, and what was said."""
    notes = Document.open(source).save(tmp_path / f"out.{ending}")
    return Document.open(tmp_path / f"out.{ending}"), [n for n in notes if "not exact" not in n]


@pytest.mark.parametrize("ending", ["jpg", "webp", "tif", "bmp"])
def test_codes_that_cannot_be_kept_are_said_once(tmp_path, photo, ending):
    path = png(tmp_path / "in.png", Image.fromarray(photo(16, 16)), CICP, *LIGHT)
    _, notes = kept_to(tmp_path, path, ending)
    assert len(notes) == 1


@pytest.mark.parametrize("ending", ["avif", "heic", "png"])
@pytest.mark.parametrize("pair", [(9, 16), (12, 13), (1, 1)])
def test_codes_go_from_format_to_format(tmp_path, photo, ending, pair):
    if ending == "heic" and not (heif_readable() and "HEIF" in Image.SAVE):
        pytest.skip("the extra 'heif' is not installed")
    path = png(tmp_path / "in.png", Image.fromarray(photo(16, 16)), (b"cICP", bytes([*pair, 0, 1])))
    found, notes = kept_to(tmp_path, path, ending)
    assert (found.metadata.codes, notes) == (pair, [])
    found.save(tmp_path / "again.png")
    assert dict(chunks_of(tmp_path / "again.png"))[b"cICP"] == bytes([*pair, 0, 1])
    if ending != "png":
        found.save(tmp_path / f"again.{ending}")
        assert Document.open(tmp_path / f"again.{ending}").metadata.codes == pair


def seen(path):
    """Return what a viewer that knows profiles shows: sRGB, H x W x 3."""
    with Image.open(path) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        rgb = profile.profile.xcolor_space == "RGB "
        image = image.convert("RGB" if rgb else "L")
        srgb = ImageCms.createProfile("sRGB")
        return np.asarray(ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB"))


@pytest.mark.parametrize("ending", ["webp", "tif", "jpg", "avif"])
def test_linear_light_stays_as_bright(tmp_path, ending):
    ramp = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[None], 16, 0)
    shares = ramp[0] / 255
    curve = np.where(shares <= 0.0031308, shares * 12.92, 1.055 * shares ** (1 / 2.4) - 0.055)
    images = {"grey": Image.fromarray(ramp), "rgb": Image.fromarray(np.dstack([ramp] * 3))}
    for name, image in images.items():
        path = png(tmp_path / f"{name}.png", image, GAMMA)
        notes = Document.open(path).save(tmp_path / f"{name}.{ending}")
        assert not any("gamma" in note for note in notes)
        exact = ending in ("webp", "tif")
        lit = slice(4, None)  # below, one level of JPEG is many levels of light
        shown = seen(tmp_path / f"{name}.{ending}")[8, :, 0]
        np.testing.assert_allclose(shown[lit], 255 * curve[lit], atol=1 if exact else 8)


@pytest.mark.parametrize("chunk", [WIDE, (b"cICP", bytes([12, 13, 0, 1]))])
def test_wide_primaries_become_a_profile(tmp_path, chunk):
    path = png(tmp_path / "in.png", Image.new("RGB", (8, 8), (200, 60, 40)), chunk)
    Document.open(path).save(tmp_path / "out.tif")
    # Display P3 to sRGB by its definition, in linear light.
    light = (np.array([200, 60, 40]) / 255 + 0.055) ** 2.4 / 1.055**2.4
    to_srgb = [[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0197, -0.0786, 1.0979]]
    shares = (np.array(to_srgb) @ light).clip(0, 1)
    expected = (1.055 * shares ** (1 / 2.4) - 0.055) * 255
    np.testing.assert_allclose(seen(tmp_path / "out.tif")[4, 4], expected, atol=2)


SRGB_GAMMA = (b"gAMA", struct.pack(">I", 45455))


@pytest.mark.parametrize(
    "chunks", [[], [(b"sRGB", b"\0"), GAMMA], [SRGB_GAMMA], [(b"cICP", b"\1\x0d\0\1")]]
)
def test_srgb_needs_no_profile(tmp_path, photo, chunks):
    path = png(tmp_path / "in.png", Image.fromarray(photo(16, 16)), *chunks)
    found, notes = kept_to(tmp_path, path, "jpg")
    assert (found.metadata.icc, notes) == (b"", [])


def grey_profile():
    """A grey profile of gamma 1.8, as scanners write it."""
    curve = struct.pack(">4sIIH2x", b"curv", 0, 1, round(1.8 * 256))
    white = struct.pack(">4s4x3i", b"XYZ ", 63190, 65536, 54061)
    table = struct.pack(">I4sII4sII", 2, b"wtpt", 156, 20, b"kTRC", 176, len(curve))
    fields = (176 + len(curve), 0x02100000, b"scnr", b"GRAY", b"XYZ ", b"acsp")
    head = struct.pack(">I4xI4s4s4s12x4s", *fields) + bytes(28) + white[8:]
    return head.ljust(128, b"\0") + table + white + curve


@pytest.mark.parametrize("ending", ["webp", "avif"])
@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_profile_follows_its_samples(tmp_path, mode, ending):
    path = tmp_path / "in.png"
    Image.new("LA", (16, 16), (100, 255)).convert(mode).save(path, icc_profile=grey_profile())
    Document.open(path).save(tmp_path / f"out.{ending}")
    with Image.open(tmp_path / f"out.{ending}") as written:
        wanted = b"GRAY" if written.mode == "L" else b"RGB "
        assert written.info["icc_profile"][16:20] == wanted
    light = (100 / 255) ** 1.8
    expected = (1.055 * light ** (1 / 2.4) - 0.055) * 255
    np.testing.assert_allclose(seen(tmp_path / f"out.{ending}")[8, 8], expected, atol=2)


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        ("RGB", LAB),
        ("RGBA", LAB),
        ("L", SRGB),
        ("LA", LAB),
        ("CMYK", SRGB),
        ("RGB", grey_profile()[:16] + b"CMYK" + grey_profile()[20:]),
    ],
)
def test_a_profile_of_other_colours_goes_and_is_said(tmp_path, mode, profile):
    image = Image.new(mode, (8, 8))
    image.save(tmp_path / "in.tif", icc_profile=profile)
    found = Document.open(tmp_path / "in.tif")
    assert (found.metadata.icc, len(found.notes)) == (b"", 1)
    image.info["icc_profile"] = profile
    assert Document.of(image).metadata.icc == b""
