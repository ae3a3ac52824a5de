"""`deepgin inpaint` through standard input and output, with --json and with -q."""

import io
import json
import sys

import numpy as np
import pytest
from PIL import Image

from deepgin.commands import main


@pytest.fixture
def piped(capsysbinary, monkeypatch, weights):
    """Runs `deepgin inpaint` with bytes as standard input; returns code, stdout and stderr."""

    def run(content, *arguments):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        words = ["inpaint", *map(str, arguments), "--weights", str(weights)]
        return main(words), *capsysbinary.readouterr()

    return run


@pytest.fixture
def expected(piped, pair, tmp_path):
    """The bytes of the filled picture as a file."""
    assert piped(b"", *pair, "-o", tmp_path / "expected.png", "-q") == (0, b"", b"")
    return (tmp_path / "expected.png").read_bytes()


def test_bytes_in_and_bytes_out(piped, pair, expected):
    assert piped(pair[0].read_bytes(), "-", pair[1], "-o", "-") == (0, expected, b"")
    assert piped(b"", *pair, "-o", "-") == (0, expected, b"")
    assert piped(pair[1].read_bytes(), pair[0], "-", "-o", "-") == (0, expected, b"")


def test_a_file_from_standard_input(piped, pair, expected, tmp_path):
    out = tmp_path / "out.png"
    assert piped(pair[0].read_bytes(), "-", pair[1], "-o", out)[0] == 0
    assert out.read_bytes() == expected


def test_the_format_is_the_picture_s_or_the_one_asked_for(piped, pair):
    for options, name in (((), "PNG"), (("--format", "tif"), "TIFF")):
        code, out, _ = piped(pair[0].read_bytes(), "-", pair[1], "-o", "-", *options)
        assert (code, Image.open(io.BytesIO(out)).format) == (0, name)


@pytest.mark.parametrize(("content", "code"), [(b"", 1), (b"no picture", 1), (None, 2)])
def test_bad_input_gives_one_line_and_no_bytes(piped, pair, content, code):
    masks = pair[1] if content is not None else "-"
    found, out, err = piped(content or b"", "-", masks, "-o", "-")
    assert (found, out, err.count(b"\n")) == (code, b"", 1)
    assert b"standard input" in err


def test_json_of_a_picture(piped, pair, tmp_path):
    code, out, err = piped(b"", *pair, "-o", tmp_path / "out.png", "--json")
    assert (code, err) == (0, b"")
    facts = json.loads(out)
    assert facts.keys() == {"path", "size", "hole", "fit", "warnings", "seconds"}
    hole = np.asarray(Image.open(pair[1]).convert("L")) >= 128
    assert (facts["path"], facts["size"]) == (str(pair[0]), [37, 29])
    assert facts["hole"] == pytest.approx(hole.mean(), abs=1e-6)


def test_json_goes_to_stderr_beside_bytes(piped, pair, expected):
    code, out, err = piped(pair[0].read_bytes(), "-", pair[1], "-o", "-", "--json")
    assert (code, out) == (0, expected)
    assert json.loads(err)["path"] == "standard input"


def test_json_of_a_folder_names_what_fails(piped, pair, tmp_path):
    photos = pair[0].parent
    pair[1].rename(photos / "photo_mask.png")
    (photos / "bad.png").write_bytes(b"no picture")
    (photos / "bad_mask.png").write_bytes((photos / "photo_mask.png").read_bytes())
    code, out, err = piped(b"", photos, "-o", tmp_path / "out", "--json")
    facts = {one["path"]: one for one in map(json.loads, out.splitlines())}
    assert code == 1
    assert "error" in facts[str(photos / "bad.png")]
    assert facts[str(photos / "photo.png")]["size"] == [37, 29]
    assert err.count(b"bad.png") == 1


def test_quiet_prints_errors_alone(piped, pair, tmp_path):
    Image.new("L", (37, 29)).save(tmp_path / "empty.png")
    words = (pair[0], tmp_path / "empty.png", "-o", tmp_path / "out.png")
    assert piped(b"", *words, "-q") == (0, b"", b"")
    code, out, err = piped(b"", *words, "-q")
    assert (code, out, err.count(b"\n")) == (2, b"", 1)
