"""Wrong use of any command: the exit code, one line that names what is wrong, no file changed."""

import shlex

import pytest
import torch
from PIL import Image

from deepgin.network import build
from deepgin.weights import save

# A command line, its exit code, and words of its message.
CASES = [
    ("inpaint P/no.png M.png -o out.png", 1, "no.png", "no such file"),
    ("inpaint P/cut.png M.png -o out.png", 1, "cut.png", "truncated"),
    ("inpaint P/a.png P/text.png -o out.png", 1, "text.png", "not a picture"),
    ("inpaint P/a.png P/text.png -o old.png --overwrite", 1, "text.png"),
    ("inpaint P/a.png turned.png -o out.png", 1, "turned.png", "a.png", "29 x 37", "37 x 29"),
    ("inpaint P/a.png full.png -o out.png", 1, "full.png", "everything"),
    ("inpaint P/a.png M.png -o out.png --weights no.safetensors", 1, "no.safetensors"),
    ("inpaint P/a.png M.png -o out.png --weights cut.safetensors", 1, "cut.safetensors"),
    ("inpaint P/a.png M.png -o out.png --weights P", 1, "P"),
    ("inpaint P/a.png M.png -o out.png --device cuda:99", 2, "'cuda:99'", "cpu"),
    ("inpaint P/a.png M.png -o out.png --precision half", 2, "'half'", "float32"),
    ("inpaint P/a.png M.png -o old.png", 2, "old.png", "--overwrite"),
    ("inpaint P/a.png M.png -o P/a.png --overwrite", 2, "also an input"),
    ("inpaint P/a.png M.png -o P/../M.png --overwrite", 2, "also an input"),
    ("inpaint P/a.png M.png -o link.png --overwrite", 2, "also an input"),
    ("inpaint P/a.png M.png -o nowhere/out.png", 1, "nowhere", "no folder"),
    ("inpaint P/a.png M.png -o P", 2, "P", "no picture format"),
    ("inpaint P/a.png M.png -o out.txt", 2, "'.txt'", "png (exact)"),
    ("inpaint P/a.png M.png -o P/a.png/out.png", 1, "no folder"),
    ("inpaint P/a.png -o out.png", 1, "a.png has no mask", "--box", "--color", "--alpha"),
    ("inpaint P/a.png empty -o out.png", 1, "empty"),
    ("inpaint P/a.png M.png -o out.png --box 1,1,4,4", 2, "--box", "a mask"),
    ("inpaint P/a.png -o out.png --extend 0,0,0,0", 2, "adds nothing", "larger than 0"),
    ("inpaint P/a.png -o out.png --extend=-9,0,0,0", 2, "negative"),
    ("inpaint P/a.png -o out.png --extend 10%", 2, "10%", "--extend left,top,right,bottom"),
    ("inpaint P/a.png -o out.png --extend 999%,0,0,0", 2, "999%", "100%"),
    ("inpaint P/a.png -o out.png --extend 1,1,1,1 --canvas 99x99", 2, "--extend or --canvas"),
    ("inpaint P/a.png -o out.png --canvas big", 2, "big", "--canvas 1024x768"),
    ("inpaint P/a.png -o out.png --canvas 9x9", 1, "P/a.png", "9 x 9", "a larger --canvas"),
    ("inpaint P/a.png -o out.png --canvas 99999x99999", 1, "99999 x 99999", "million"),
    ("inpaint P/a.png M.png -o out.png --alpha --color '#fff'", 2, "--color", "--alpha"),
    ("inpaint P/a.png M.png -o out.png --fit cropp", 2, "cropp", "did you mean 'crop'?"),
    ("inpaint P/a.png M.png -o out.png --texture of", 2, "'of'", "'off'?", "auto, on, off"),
    ("inpaint P/a.png M.png -o out.png --quality 101", 2, "101", "0 to 100"),
    ("inpaint P/a.png M.png -o out.png --dilate -1", 2, "-1"),
    ("inpaint P/a.png M.png -o out.png --threshold 2", 2, "threshold"),
    ("inpaint P/a.png M.png -o out.png --shard 1/2", 2, "--shard", "folder"),
    ("inpaint P/a.png M.png -o out.png --format png", 2, "--format", "folder"),
    ("inpaint P/a.png M.png -o out.png --guidance M.png", 2, "--guidance"),
    ("inpaint P/a.png M.png -o out.png --sharpness 0.5", 2, "one set", "leave --sharpness out"),
    ("inpaint P/a.png M.png -o out.png --sharpness nan", 2, "sharpness", "nan"),
    ("inpaint P/a.png M.png -o out.png --wieghts x", 2, "--wieghts", "did you mean 'weights'?"),
    ("inpaint no M.png -o out", 1, "no such file or folder"),
    ("inpaint empty M.png -o out", 1, "no pictures in it"),
    ("inpaint G M.png -o out --glob *.bmp", 1, "*.bmp"),
    ("inpaint G M.png -o out --format png", 2, "a.png", "a.tif", "both become", "--format"),
    ("inpaint G M.png -o out --format txt", 2, ".txt"),
    ("inpaint G M.png -o G", 2, "also an input"),
    ("inpaint G M.png -o old.png", 2, "is a file"),
    ("inpaint G M.png -o out --shard 3/2", 2, "3/2"),
    ("inpaint G M.png -o out --shard half", 2, "half", "1/4"),
    ("inpaint G M.png -o out --limit -2", 2, "-2"),
    ("inpaint G M.png -o out --weights P/a.png", 1, "a.png"),
    ("masks --kind freform -o out", 2, "'freform'", "did you mean 'freeform'?", "cellular"),
    ("masks --kind freeform -o out --size 10x", 2, "10x", "640x480"),
    ("masks --kind freeform -o out --size 8x0", 2, "at least 1 x 1"),
    ("masks --kind freeform -o out --size -8", 2, "-8"),
    ("masks --kind freeform -o out --count 0", 2, "count", "at least 1"),
    ("masks --kind freeform -o out --count many", 2, "count", "many"),
    ("masks -o out", 2, "kind"),
    ("masks --kind rectangle --size 16 --count 1 -o old.png", 1, "old.png"),
    ("blend W W -o two.pth", 2, "two.pth", ".safetensors"),
    ("blend W W -o old.safetensors", 2, "--overwrite"),
    ("blend w.safetensors W -o w.safetensors --overwrite", 2, "also an input"),
    ("blend W W -o two.safetensors --sharpness 1.5", 2, "sharpness 1.5"),
    ("blend W other.safetensors -o two.safetensors", 1, "other.safetensors", "deepgin-prefill"),
    ("convert no.pth -o out.safetensors", 1, "no.pth", "no such file"),
    ("convert P/text.png -o old.safetensors --overwrite", 1, "text.png"),
    ("convert code.pth -o out.safetensors", 1, "code.pth", "could run code"),
    ("convert odd.pth -o out.safetensors", 1, "odd.pth", "unexpected: a"),
    ("convert list.pth -o out.safetensors", 1, "list.pth", "no state dict"),
    ("convert P -o out.safetensors", 1, "P"),
    ("convert odd.pth -o out.pth", 2, "out.pth", ".safetensors"),
    ("info no.safetensors", 1, "no.safetensors"),
    ("info cut.safetensors", 1, "cut.safetensors"),
    ("info W --width 3", 2, "width", "3"),
    ("info W --width wide", 2, "width", "wide"),
    ("evaluate --data P --methods pull-push,tela", 2, "'tela'", "'telea'?", "pull-push"),
    ("evaluate --data P --methods ''", 2, "methods"),
    ("evaluate --data P --methods mean --masks squares", 2, "'squares'", "rectangle", "folder"),
    ("evaluate --data P --methods mean --size 0", 2, "size of 0", "original"),
    ("evaluate --data P --methods mean --limit -1", 2, "-1"),
    ("evaluate --data P --methods mean --metrics pnsr", 2, "did you mean 'psnr'"),
    ("evaluate --data P --methods mean --metrics psnr,vgg", 2, "'vgg'"),
    ("evaluate --data P --methods mean --vgg no.safetensors", 1, "no.safetensors"),
    ("evaluate --data P --methods mean --fid inception", 2, "--output REPORT"),
    ("evaluate --data P --methods deepgin --sharpness 2", 2, "sharpness 2.0"),
    ("evaluate --data P --methods mean --size 16 -o P/r", 2, "P", "choose another folder"),
    ("evaluate --data empty --methods mean", 1, "empty", "no pictures"),
    ("evaluate --data no --methods mean", 1, "no", "no such folder"),
    ("table1 --data P --rows nothing=x -o out", 2, "ROW=FILE"),
    ("table2 --data P -o out", 2, "NAME=FOLDER"),
    ("ablation --data P --train x --rows stdd -o out", 2, "did you mean 'std'"),
    ("train --recipe tniy -o run", 2, "'tniy'", "did you mean 'tiny'?"),
    ("train --recipe typo.yaml -o run", 2, "typo.yaml: there is no 'data.trian'", "'data.train'?"),
    ("train --recipe type.yaml -o run", 2, "type.yaml: ", "seed"),
    ("train --recipe P/text.png -o run", 2, "text.png: "),
    ("train --recipe code.pth -o run", 2, "code.pth: ", "utf-8"),
    ("train --recipe group.yaml -o run", 2, "optimiser 3"),
    ("train --data.trian P -o run", 2, "--data.trian", "did you mean 'data.train'?"),
    ("train --recipe tiny --data.size large -o run", 2, "data.size", "large"),
    ("train --recipe tiny -o run", 2, "data.train is not set"),
    ("train --recipe tiny --data.train empty -o run", 1, "empty", "holds no pictures"),
    ("train --recipe tiny --data.train no -o run", 1, "no: no such folder"),
    ("train --recipe tiny --data.train G -o old.png", 1, "old.png"),
    ("train --recipe tiny --data.train G -o run --data.size 100", 2, "data.size 100", "16"),
    ("train --recipe tiny --data.train G -o run --data.validation no", 1, "no"),
    ("train --recipe tiny --data.train G -o run --resume no.pt", 1, "no.pt: no such checkpoint"),
    ("train --recipe tiny --data.train G -o run --network.variant deepgim", 2, "'deepgin'?"),
    ("train --recipe tiny --data.train G -o run --network.width 3", 2, "width 3", "even"),
    ("train --recipe tiny --data.train G -o run --device potato", 2, "'potato'", "cpu"),
    ("train --recipe tiny --data.train G -o run --init shiped", 2, "init 'shiped'", "'shipped'?"),
    ("train --recipe tiny --data.train G -o run --main.length 1e300", 2, "main.length '1e300'"),
    ("train --recipe tiny --data.train G -o run --loss.style 1 --loss.network vgg91", 1, "vgg19"),
    ("serve --port 99999", 2, "port 99999"),
    ("serve --queue 0", 2, "queue"),
    ("serve --max-megapixels 0", 2, "--max-megapixels"),
    ("serve --timeout never", 2, "timeout"),
    ("serve --host 203.0.113.7", 2, "see --host"),
    ("serve --allow-origins https://a.example/page", 2, "https://a.example/page"),
    ("serve --root-path //evil.example", 2, "root path"),
    ("serve --port 0 --weights no.safetensors", 1, "no.safetensors: no such weights file"),
    ("serve --port 0 --weights W --device cuda:99", 2, "'cuda:99'"),
    ("inpant", 2, "'inpant'", "did you mean 'inpaint'?"),
    ("xyzzy", 2, "'xyzzy'"),
]


class Code:
    """Is more than a tensor."""


@pytest.fixture(scope="session")
def world(tmp_path_factory, weights):
    """A folder of inputs, good and bad."""
    root = tmp_path_factory.mktemp("world")
    for name in ("P", "G", "empty"):
        (root / name).mkdir()
    picture = Image.radial_gradient("L").resize((37, 29)).convert("RGB")
    for name in ("P/a.png", "G/a.png", "G/a.tif"):
        picture.save(root / name)
    (root / "P/cut.png").write_bytes((root / "P/a.png").read_bytes()[:300])
    (root / "P/text.png").write_text("just words")
    for name, size, white in (("M", (37, 29), 9), ("turned", (29, 37), 9), ("full", (37, 29), 99)):
        mask = Image.new("L", size)
        mask.paste(255, (0, 0, white, white))
        mask.save(root / f"{name}.png")
    (root / "link.png").symlink_to("P/a.png")
    (root / "old.png").write_bytes(b"old")
    (root / "old.safetensors").write_bytes(b"old")
    for name in ("W", "w.safetensors"):
        (root / name).symlink_to(weights)
    (root / "cut.safetensors").write_bytes(weights.read_bytes()[:9000])
    save(build("deepgin", 4), root / "other.safetensors", licence="for tests")
    torch.save({"code": Code()}, root / "code.pth")
    torch.save({"a": torch.zeros(2)}, root / "odd.pth")
    torch.save([1, 2], root / "list.pth")
    for name, text in (
        ("typo", "data: {trian: x}"),
        ("type", "seed: x"),
        ("group", "optimiser: 3"),
    ):
        (root / f"{name}.yaml").write_text(text)
    return root


@pytest.mark.parametrize(("line", "code", "words"), [(a, b, c) for a, b, *c in CASES])
def test_one_line_and_no_file_changed(
    fails, files_in, world, weights, monkeypatch, line, code, words
):
    monkeypatch.chdir(world)
    monkeypatch.setattr("deepgin.weights.hub.SHIPPED", weights)
    before = files_in(world)
    message = fails(code, *shlex.split(line))
    for word in words:
        assert word in message
    assert files_in(world) == before


def test_an_option_of_another_type_gets_no_suggestion(fails):
    assert "did you mean" not in fails(2, "masks", "--kind", "blob", "--count", "many", "-o", "x")
