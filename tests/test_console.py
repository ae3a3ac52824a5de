"""What a job prints: lines with a rate, a bar on a terminal, each kind of note once."""

import io
import os
from pathlib import Path

import pytest

from deepgin.console import Bar, Lines, Progress, duration, named, watcher
from deepgin.inpainting.folders import Pairs


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lines(clock):
    return Lines(io.StringIO(), clock=clock)


def printed(lines):
    return lines.stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("count", "seconds", "expected"),
    [
        (
            100,
            0.5,
            [
                *("20 of 100, 2 a second, 40 s left", "40 of 100, 2 a second, 30 s left"),
                *("60 of 100, 2 a second, 20 s left", "80 of 100, 2 a second, 10 s left"),
                "100 of 100, 2 a second",
            ],
        ),
        (3, 8, ["2 of 3, 0.125 a second, 8 s left", "3 of 3, 0.125 a second"]),
        (2, 0, []),
    ],
)
def test_lines_come_every_ten_seconds_with_rate_and_time_left(
    lines, clock, count, seconds, expected
):
    lines.begin(count, 0)
    for i in range(count):
        clock.now += seconds
        lines.filled(f"{i}.png", "direct")
    lines.end()
    assert printed(lines) == expected


def test_an_interrupted_job_says_how_far_it_came(lines, clock):
    lines.begin(4, 3)
    clock.now += 2
    lines.filled("a.png", "direct")
    lines.end()
    skipped, last = printed(lines)
    assert skipped.startswith("3 ")
    assert last == "1 of 4, 0.5 a second, 6 s left"


def test_failures_stand_at_the_end(lines):
    lines.verbose = True
    lines.begin(3, 0)
    lines.failed("a.png", "photos/a.png is damaged")
    lines.failed("sub/b.png", "RuntimeError: odd")
    lines.filled("c.png", "crop")
    lines.end()
    assert printed(lines) == [
        "c.png: crop",
        "deepgin: photos/a.png is damaged",
        "deepgin: sub/b.png: RuntimeError: odd",
    ]


def test_a_note_is_said_once_and_counted(lines):
    lines.begin(4, 0)
    for name in ("a.png", "b.png", "c.png"):
        lines.note(name, "JPEG is not exact")
        lines.note(name, f"photos/{name} is odd")
    lines.note("d.png", "something else")
    first = [line.removeprefix("deepgin: warning: ") for line in printed(lines)]
    assert first == ["a.png: JPEG is not exact", "photos/a.png is odd", "d.png: something else"]
    lines.total = 0
    lines.end()
    counted = printed(lines)[3:]
    assert len(counted) == 2
    assert all(" 3 " in line for line in counted)


@pytest.mark.parametrize("verbose", [False, True])
def test_what_has_no_counterpart(verbose):
    lines = Lines(io.StringIO(), verbose)
    many = [Path(f"{i:02}.png") for i in range(22)]
    lines.before(Pairs(lone_pictures=many, lone_masks=[Path("z.png")], notes=["a circle"]))
    circle, pictures, masks = printed(lines)
    assert circle.endswith("a circle")
    assert masks.endswith("z.png")
    assert "22 " in pictures
    assert "00.png, 01.png" in pictures
    assert ("21.png" in pictures) is verbose


def test_any_name_can_be_printed_in_any_encoding(clock):
    raw = io.BytesIO()
    lines = Lines(io.TextIOWrapper(raw, encoding="ascii"), True, clock)
    lines.filled(os.fsdecode(b"\xff\xc3\xa9.png"), "direct")
    assert raw.getvalue() == b"\\udcff\\xe9.png: direct\n"


def test_a_terminal_gets_a_bar_and_others_lines():
    assert type(watcher(stream=io.StringIO())) is Lines
    bar = watcher(stream=Terminal())
    assert isinstance(bar, Bar)
    bar.begin(3, 1)
    bar.filled("a.png", "direct")
    bar.note("a.png", "[bold]not markup[/] :smile:")
    bar.failed("b.png", "it failed")
    bar.filled("c.png", "direct")
    bar.end()
    text = bar.stream.getvalue()
    for words in ("[bold]not markup[/] :smile:", "3/3", "1 failed"):
        assert words in text
    assert text.rstrip().endswith("deepgin: b.png: it failed")


def test_one_slow_picture_has_its_steps_counted(lines, clock):
    bar = Bar(Terminal())
    bar.begin(1, 0)
    bar.step(10, 40)
    bar.progress.refresh()
    bar.end()
    assert "10/40" in bar.stream.getvalue()
    lines.begin(1, 0)
    for done in range(20):
        lines.step(done, 20)
        clock.now += 1
    lines.end()
    lines.filled("a.png", "direct")
    assert printed(lines) == ["2 of 20 steps, 18 s left", "12 of 20 steps, 8 s left"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.png", "a.png: odd", "a.png: odd"),
        ("a.png", "photos/a.png is odd", "photos/a.png is odd"),
        ("a.png", "data.png is odd", "a.png: data.png is odd"),
        ("a.png", "a.png.tif is odd", "a.png: a.png.tif is odd"),
        ("a(1).png", "odd", "a(1).png: odd"),
    ],
)
def test_a_name_stands_in_front_unless_the_text_has_it(name, text, expected):
    assert named(name, text) == expected


def test_durations():
    assert [duration(s) for s in (0.4, 40, 150, 7200, 400_000)] == [
        *("0 s", "40 s", "2 min", "2.0 h", "111.1 h")
    ]


def test_more_than_expected_gives_no_negative_time(clock):
    for kind in (Lines(io.StringIO(), clock=clock), Bar(Terminal())):
        kind.filled("a.png", "direct")
        clock.now += 40
        kind.end()
        assert "-" not in kind.line()
        assert "of 0" not in kind.stream.getvalue() + kind.line()


def test_time_left(clock):
    progress = Progress(clock)
    assert (progress.total, progress.seconds_left()) == (0, None)
    progress.update(0, 40)
    clock.now += 6
    progress.update(1, 40)
    assert progress.seconds_left() is None
    progress.update(10, 40)
    expected = [(0, 18.0), (10, 8.0), (34, 0.0)]
    for seconds, left in expected:
        clock.now += seconds
        assert progress.seconds_left() == left
    progress.update(20, 40)
    assert progress.seconds_left() == 50.0
    progress.update(40, 40)
    assert progress.seconds_left() == 0.0
