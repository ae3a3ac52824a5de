"""What people see of a job."""

import io

from deepgin.cluster.manifests import Report
from deepgin.commands.cluster import Lines


def test_lines():
    seconds = [0.0]
    stream = io.StringIO()
    lines = Lines(stream, clock=lambda: seconds[0])
    lines.note("a mask has no picture")
    lines.begin(4, 2)
    for count, at in ((10, 5.0), (10, 20.0)):
        seconds[0] = at
        lines.unit(Report(f"u{at}", filled=count, warnings={"JPEG is not exact": count}))
    lines.unit(Report("x", filled=1, failed=(("a\n.png", "is empty"),)))
    lines.unit(Report("y", error="y is damaged"))
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
    lines = Lines(stream, clock=lambda: 0.0)
    lines.begin(100, 0)
    for i in range(100):
        failed = ((f"{i}.png", "is empty"),)
        lines.unit(
            Report(f"u{i}", "" if i < 50 else f"u{i}.tar: no such file", 0, failed[: i < 50])
        )
    lines.end()
    said = stream.getvalue().splitlines()
    assert len(said) == 1 + 1 + 20 + 1
    assert said[1] == "deepgin: u50: u50.tar: no such file (and so for 49 more)"
    assert said[-1] == "deepgin: and 30 more pictures, which manifest.json names"


def test_a_death_is_a_line():
    stream = io.StringIO()
    lines = Lines(stream, clock=lambda: 0.0)
    lines.begin(9, 0)
    lines.unit(Report("a", filled=1, restarted=True))
    lines.unit(Report("b", "it died", restarted=True))  # which is said at the end
    [line] = stream.getvalue().splitlines()
    assert line.startswith("deepgin: warning: a: a worker died")


def test_nothing_to_do_is_no_line():
    stream = io.StringIO()
    lines = Lines(stream)
    lines.begin(0, 0)
    lines.end()
    assert stream.getvalue() == ""
