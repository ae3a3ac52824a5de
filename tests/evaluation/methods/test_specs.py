"""How people name methods: lists, aliases, words, weights, options."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.errors import DeepginError, UsageError, WeightsError
from deepgin.evaluation.methods import METHODS, method, methods
from deepgin.evaluation.methods.ours import options_of
from deepgin.evaluation.methods.specs import ON_REQUEST, Spec, parse, split
from deepgin.inpainting import FITS, Options


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("deepgin", ["deepgin"]),
        ("deepgin, telea", ["deepgin", "telea"]),
        (
            "lama=onnx:lama.onnx,hole=1,range=0..1,telea,m=python:a:b,masked=grey",
            ["lama=onnx:lama.onnx,hole=1,range=0..1", "telea", "m=python:a:b,masked=grey"],
        ),
        # Two options that stand first in no list: they belong to what is before them, in any order.
        (
            "onnx:a.onnx,mask=m,image=i,output=o,out=0..255",
            ["onnx:a.onnx,mask=m,image=i,output=o,out=0..255"],
        ),
    ],
)
def test_lists(text, parts):
    assert split(text) == parts


@pytest.mark.parametrize("text", ["", "deepgin,,telea", "telea,"])
def test_lists_with_a_gap(text):
    with pytest.raises(UsageError):
        split(text)


@given(st.lists(st.sampled_from([*METHODS, "a=deepgin:crop@w", "b=onnx:f,hole=1,range=0..1"])))
def test_lists_are_taken_apart_as_they_were_joined(parts):
    if parts:
        assert split(",".join(parts)) == parts


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("telea", Spec("telea", "telea")),
        ("fsr-best", Spec("fsr-best", "fsr-best")),
        ("t=telea", Spec("t", "telea")),
        ("deepgin", Spec("deepgin", "deepgin")),
        ("deepgin:polyphase+degrid", Spec("deepgin:polyphase+degrid", "deepgin", "polyphase+degrid")),
        ("deepgin=deepgin:crop", Spec("deepgin", "deepgin", "crop")),
        (
            "mine=deepgin:crop@path/to/w.safetensors",
            Spec("mine", "deepgin", "crop", "path/to/w.safetensors"),
        ),
        ("deepgin@runs/a=b/w.safetensors", Spec("deepgin@w.safetensors", "deepgin", "", "runs/a=b/w.safetensors")),
        ("deepgin:crop@C:\\w@2.st", Spec("deepgin:crop@w@2.st", "deepgin", "crop", "C:\\w@2.st")),
        ("onnx:nets/lama.onnx,hole=1", Spec("lama", "onnx", "nets/lama.onnx", "", {"hole": "1"})),
        ("a=onnx:C:\\x=y@z.onnx", Spec("a", "onnx", "C:\\x=y@z.onnx")),
        ("python:package.module:fill", Spec("fill", "python", "package.module:fill")),
        ("p=python:a:B.c,masked=grey", Spec("p", "python", "a:B.c", "", {"masked": "grey"})),
        ("telea+texture", Spec("telea+texture", "telea", texture=True)),
        ("t=fsr-best+texture", Spec("t", "fsr-best", texture=True)),
        ("python:a:fill+texture", Spec("fill+texture", "python", "a:fill", texture=True)),
        (
            "onnx:nets/lama.onnx+texture,hole=1",
            Spec("lama+texture", "onnx", "nets/lama.onnx", "", {"hole": "1"}, texture=True),
        ),
        # Of deepgin it is a word, and weights may be called anything.
        ("deepgin:texture", Spec("deepgin:texture", "deepgin", "texture")),
        ("deepgin:crop+texture@w", Spec("deepgin:crop+texture@w", "deepgin", "crop+texture", "w")),
        ("a=deepgin@w+texture", Spec("a", "deepgin", "", "w+texture")),
    ],
)  # fmt: skip
def test_specs(text, spec):
    assert parse(text) == spec


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tela", "no method 'tela' .did you mean 'telea'"),
        ("deepgn", "did you mean 'deepgin'"),
        ("fsr_best", "did you mean 'fsr-best'"),
        ("a=b=telea", "no method 'b=telea'"),
        ("lama.onnx", "onnx:FILE"),
        ("onnx:", "onnx:FILE"),
        ("python", "python:MODULE:FUNCTION"),
        ("rnage=0..1", "no option 'rnage' .did you mean 'range'"),
        ("hole=1", "'hole' cannot name a method"),
        ("truth=telea", "'truth' cannot name a method"),
        ("../x=telea", "cannot name a method"),
        ("=telea", "cannot name a method"),
        ("<script>=telea", "cannot name a method"),
        ("telea=deepgin", "telea is another method"),
        ("onnx:telea.onnx,hole=1", "NAME=onnx:telea.onnx,hole=1"),
        ("onnx:a/b c.onnx", "NAME=onnx"),
        ("telea,hole=1", "telea takes no hole=1"),
        ("deepgin:crop,masked=zero", "deepgin takes no masked=zero"),
        ("onnx:a.onnx,holes=1", "no option 'holes' .did you mean 'hole'"),
        ("onnx:a.onnx,hole=1,hole=0", "hole needs one value"),
        ("onnx:a.onnx,hole=", "hole needs one value"),
        ("deepgin+texture", r"write deepgin:texture$"),
        ("deepgin+crop+texture@w", r"write deepgin:crop\+texture@w$"),
        ("telea:texture", r"write telea\+texture$"),
        ("telea+textur", r"write telea\+texture$"),
        ("telea+texture+texture", r"write telea\+texture$"),
        ("telea@w", r"write telea\+texture$"),
        ("tela+texture", "did you mean 'telea"),
        ("onnx:+texture", "onnx:FILE"),
        ("onnx:a/b c.onnx+texture", "NAME=onnx"),
        ("telea+texture,hole=1", "telea takes no hole=1"),
    ],
)
def test_specs_that_do_not_work(text, told):
    with pytest.raises(UsageError, match=told) as raised:
        parse(text)
    assert "\n" not in str(raised.value)


def test_an_unknown_name_is_told_all_names():
    told = (Path(__file__).parents[3] / "docs" / "methods.md").read_text(encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        method("what")
    for name in (*METHODS, *ON_REQUEST):
        assert name in str(raised.value)
        assert f"| `{name}` |" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("telea,mean,telea", "'telea'"),
        ("deepgin:crop,deepgin:crop@x", None),
        ("A=telea,a=mean", "'A' and 'a'"),
        ("onnx:a/net.onnx,hole=1,onnx:b/net.onnx,hole=1", "'net'"),
    ],
)
def test_names_that_stand_twice(text, told):
    if told is None:
        with pytest.raises(WeightsError):  # the names differ: it goes on to load
            methods(text)
    else:
        with pytest.raises(UsageError, match=told):
            methods(text)


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("", Options(texture="off")),
        ("crop", Options(fit="crop", texture="off")),
        ("polyphase+degrid", Options(fit="polyphase", degrid=True, texture="off")),
        ("ensemble+resize", Options(fit="resize", ensemble=True, texture="off")),
        ("degrid+ensemble", Options(degrid=True, ensemble=True, texture="off")),
        ("texture", Options()),
        ("texture+auto", Options()),
        ("texture+crop", Options(fit="crop", texture="on")),
        ("ensemble+texture", Options(ensemble=True, texture="on")),
    ],
)
def test_words_of_deepgin(words, options):
    assert options_of(words) == (options, None)


@pytest.mark.parametrize("words", ["sharpness=0.3+crop", "crop+sharpness=.3"])
def test_sharpness_is_a_word(words):
    assert options_of(words) == (Options(fit="crop", texture="off"), 0.3)
    spec = parse(f"deepgin:{words}")
    assert (spec.name, spec.argument) == (f"deepgin:{words}", words)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("crops", "no 'crops' .did you mean 'crop'"),
        ("crop+resize", "crop.resize"),
        ("degrid+degrid", "degrid.degrid"),
        ("crop+", "no ''"),
        ("sharpness=0+sharpness=1", "sharpness=0.sharpness=1"),
        ("sharpness=much", "sharpness=much"),
        ("sharpness", "sharpness=0..1, joined by"),
        ("textur", "no 'textur' .did you mean 'texture'"),
        ("texture+texture", "texture.texture"),
        ("degrid+texture", "degrid"),
    ],
)
def test_words_that_do_not_work(words, told):
    with pytest.raises(UsageError, match=told):
        options_of(words)
    with pytest.raises(UsageError, match=told):
        method(f"deepgin:{words}")


def test_all_fits_are_words():
    assert [options_of(fit)[0].fit for fit in FITS] == [*FITS]


@pytest.mark.parametrize("text", ["deepgin@gone.safetensors", "x=onnx:gone.onnx,hole=1"])
def test_files_that_are_not_there(text):
    with pytest.raises(DeepginError, match="gone"):
        method(text)
