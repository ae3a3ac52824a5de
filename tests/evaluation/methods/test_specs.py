"""How people name methods: lists, aliases, words, weights, options."""

from pathlib import Path

import pytest

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
    ("text", "named"),
    [
        ("tela", "telea"),
        ("deepgn", "deepgin"),
        ("fsr_best", "fsr-best"),
        ("a=b=telea", "b=telea"),
        ("lama.onnx", "onnx:FILE"),
        ("onnx:", "onnx:FILE"),
        ("python", "python:MODULE:FUNCTION"),
        ("rnage=0..1", "range"),
        ("hole=1", "hole"),
        ("truth=telea", "truth"),
        ("../x=telea", "../x"),
        ("=telea", "=telea"),
        ("<script>=telea", "<script>"),
        ("telea=deepgin", "another"),
        ("onnx:telea.onnx,hole=1", "NAME=onnx:telea.onnx,hole=1"),
        ("onnx:a/b c.onnx", "NAME=onnx"),
        ("telea,hole=1", "hole=1"),
        ("deepgin:crop,masked=zero", "masked=zero"),
        ("onnx:a.onnx,holes=1", "'hole'"),
        ("onnx:a.onnx,hole=1,hole=0", "hole needs"),
        ("onnx:a.onnx,hole=", "hole needs"),
        ("deepgin+texture", "write deepgin:texture"),
        ("deepgin+crop+texture@w", "write deepgin:crop+texture@w"),
        ("telea:texture", "write telea+texture"),
        ("telea+texture+texture", "write telea+texture"),
        ("telea@w", "write telea+texture"),
        ("onnx:+texture", "onnx:FILE"),
        ("telea+texture,hole=1", "hole=1"),
    ],
)
def test_specs_that_do_not_work(text, named):
    with pytest.raises(UsageError) as raised:
        parse(text)
    assert named in str(raised.value) and "\n" not in str(raised.value)
    assert raised.value.field == "methods"


def test_all_names_are_in_the_docs_and_in_the_error_of_an_unknown_one():
    docs = (Path(__file__).parents[3] / "docs" / "methods.md").read_text(encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        method("what")
    for name in (*METHODS, *ON_REQUEST):
        assert name in str(raised.value)
        assert f"| `{name}` |" in docs


@pytest.mark.parametrize(
    "text",
    ["telea,mean,telea", "A=telea,a=mean", "onnx:a/net.onnx,hole=1,onnx:b/net.onnx,hole=1"],
)
def test_names_that_occur_twice(text):
    with pytest.raises(UsageError) as raised:
        methods(text)
    assert raised.value.field == "methods"
    with pytest.raises(WeightsError):  # the names differ: it goes on to load
        methods("deepgin:crop,deepgin:crop@x")


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
    "words",
    [
        "crops",
        "crop+resize",
        "degrid+degrid",
        "crop+",
        "sharpness=0+sharpness=1",
        "sharpness=much",
        "sharpness",
        "degrid+texture",
    ],
)
def test_words_that_do_not_work(words):
    with pytest.raises(UsageError) as raised:
        method(f"deepgin:{words}")
    assert raised.value.field == "methods" and words in str(raised.value)


def test_all_fits_are_words():
    assert [options_of(fit)[0].fit for fit in FITS] == [*FITS]


@pytest.mark.parametrize("text", ["deepgin@gone.safetensors", "x=onnx:gone.onnx,hole=1"])
def test_files_that_are_not_there(text):
    with pytest.raises(DeepginError, match="gone"):
        method(text)
