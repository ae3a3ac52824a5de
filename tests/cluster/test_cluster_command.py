"""`deepgin cluster`: options, what it says, and wrong use. The cluster is this process."""

import io
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

import deepgin as package
from deepgin.cluster import ClusterRequest
from deepgin.cluster.request import Order, UnitReport
from deepgin.commands import main
from deepgin.commands.cluster import ClusterLines
from deepgin.inpainting import Options

from .conftest import in_this_process, manifest, members_of, png, write_shard, write_tar


@pytest.fixture
def cluster(capsys, monkeypatch, tmp_path, weights):
    """Runs the command; returns exit code, stdout and stderr."""
    pool = pytest.importorskip("deepgin.cluster.pool")
    monkeypatch.setattr(pool, "hand_over", lambda workers: asked.append(workers) or in_this_process)
    asked = []

    def run(*arguments):
        capsys.readouterr()
        code = main(["cluster", *map(str, arguments), "--weights", str(weights)])
        return code, *capsys.readouterr()

    run.asked = asked
    return run


def test_a_job_and_the_same_again(cluster, tmp_path, monkeypatch):
    write_shard(tmp_path / "in" / "a.tar", range(2))
    monkeypatch.chdir(tmp_path)
    code, out, err = cluster("in", "-o", "out")
    assert (code, out) == (0, f"2 filled: {tmp_path}/out\n")
    assert err.splitlines()[0].startswith("1 of 1 units, 2 pictures filled")
    code, out, err = cluster("in", "-o", "out")
    assert (code, out) == (0, f"2 skipped: {tmp_path}/out\n")
    assert err == "1 units are done: skipped (--overwrite does them again)\n"


def test_options(cluster, tmp_path):
    write_shard(tmp_path / "in" / "a.tar", range(2))
    code, _, err = cluster(
        *(tmp_path / "in", "-o", tmp_path / "out", "--format", "webp", "--quality", 60),
        *("--fit", "crop", "--ensemble", "--dilate", 2, "--feather", 1, "--texture", "off"),
        *("--gpus-per-worker", 0.5, "--cpus-per-worker", 2, "--address", "auto", "--workers", 7),
    )
    assert code == 0, err
    assert list(members_of(tmp_path / "out" / "a.tar")) == ["0000.webp", "0001.webp"]
    told = manifest(tmp_path / "out" / "a.tar.json")["request"]
    assert (told["format"], told["quality"]) == ("webp", 60)
    asked = Options(fit="crop", texture="off", dilate=2, feather=1, ensemble=True)
    assert told["options"] == asdict(asked)
    [workers] = cluster.asked
    assert (workers.count, workers.cpus, workers.gpus, workers.address) == (7, 2, 0.5, "auto")


def test_failures_are_named_and_counted(cluster, tmp_path):
    write_shard(tmp_path / "in" / "a.tar", range(2))
    write_tar(tmp_path / "in" / "b.tar", [("x.png", png(0))])
    (tmp_path / "in" / "c.tar").write_bytes(b"no tar")
    code, out, err = cluster(tmp_path / "in", "-o", tmp_path / "out")
    assert (code, out) == (1, f"2 filled, 2 failed: {tmp_path}/out\n")
    lines = err.splitlines()
    assert lines[1].startswith(f"deepgin: c: {tmp_path}/in/c.tar cannot be read as a tar shard: ")
    assert lines[2:] == [
        "deepgin: x.png: x.png has no alpha channel: give a mask",
        "deepgin: 2 failed, named above: mend them and run the same command again, "
        + "with --retry-failed for pictures",
    ]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--sharpness", "0.5"], "tiny.safetensors holds one set of weights"),
        (["--fit", "corp"], "no fit 'corp' (did you mean 'crop'?)"),
        (["--texture", "onn"], "no texture 'onn' (did you mean 'on'?)"),
        (["--quality", "101"], "a quality of 101 does not work"),
        (["--format", "xyz"], "is no picture format that is written here"),
        (["--pictures-per-unit", "0"], "0 pictures a unit do not work"),
        (["--workers", "-1"], "-1 workers do not work"),
        (["--gpus-per-worker", "1.5"], "1.5 GPUs a worker do not work"),
        (["--cpus-per-worker", "-1"], "-1 CPUs a worker do not work"),
    ],
)
def test_wrong_use(cluster, tmp_path, arguments, what):
    code, out, err = cluster(tmp_path, "-o", tmp_path / "out", *arguments)
    assert (code, out) == (2, "")
    assert what in err
    assert err.count("\n") == 1


def test_help_waits_for_neither_torch_nor_ray():
    code = (
        "import sys\nfrom deepgin.commands import main\n"
        "try: main(['cluster', '--help'])\nexcept SystemExit: pass\n"
        "sys.exit(bool({'torch', 'ray', 'fsspec'} & set(sys.modules)))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "--gpus-per-worker" in done.stdout


def test_without_ray(capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "deepgin.cluster.pool", raising=False)
    assert main(["cluster", str(tmp_path), "-o", str(tmp_path / "out")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == 'deepgin: ray is missing: pip install -c constraints.txt ".[cluster]"\n'


def test_an_address_without_a_cluster(capsys, tmp_path, weights):
    pytest.importorskip("ray")
    from deepgin.cluster.pool import Workers, hand_over
    from deepgin.errors import DeepginError

    hand = hand_over(Workers(address="nothing://me:SECRET@127.0.0.1:1"))
    order = Order(ClusterRequest("in", "out"), {})
    with pytest.raises(DeepginError, match="^no Ray cluster at nothing://127.0.0.1:1: ") as caught:
        next(hand(order, None, []))
    assert "SECRET" not in str(caught.value)


def test_lines():
    seconds = [0.0]
    stream = io.StringIO()
    lines = ClusterLines(stream, clock=lambda: seconds[0])
    lines.note("a mask has no picture")
    lines.begin(4, 2)
    for count, at in ((10, 5.0), (10, 20.0)):
        seconds[0] = at
        lines.unit(UnitReport(f"u{at}", filled=count, warnings={"JPEG is not exact": count}))
    lines.unit(UnitReport("x", filled=1, failed=(("a\n.png", "is empty"),)))
    lines.unit(UnitReport("y", error="y is damaged"))
    lines.end()
    assert stream.getvalue().splitlines() == [
        "deepgin: warning: a mask has no picture",
        "2 units are done: skipped (--overwrite does them again)",
        "2 of 4 units, 20 pictures filled, 1 a second, 20 s left",
        "4 of 4 units, 21 pictures filled (2 failed), 1.05 a second",
        "deepgin: warning: of 20 pictures: JPEG is not exact",
        "deepgin: y: y is damaged",
        r"deepgin: a\n.png: is empty",
    ]


def test_of_many_failures_the_first():
    stream = io.StringIO()
    lines = ClusterLines(stream, clock=lambda: 0.0)
    lines.begin(100, 0)
    for i in range(100):
        failed = ((f"{i}.png", "is empty"),)
        lines.unit(
            UnitReport(f"u{i}", "" if i < 50 else f"u{i}.tar: no such file", 0, failed[: i < 50])
        )
    lines.end()
    said = stream.getvalue().splitlines()
    assert len(said) == 1 + 1 + 20 + 1
    assert said[1] == "deepgin: u50: u50.tar: no such file (and so for 49 more)"
    assert said[-1] == "deepgin: and 30 more pictures, which manifest.json names"


def test_a_death_is_a_line():
    stream = io.StringIO()
    lines = ClusterLines(stream, clock=lambda: 0.0)
    lines.begin(9, 0)
    lines.unit(UnitReport("a", filled=1, restarted=True))
    lines.unit(UnitReport("b", "it died", restarted=True))  # which is said at the end
    [line] = stream.getvalue().splitlines()
    assert line.startswith("deepgin: warning: a: a worker died")
