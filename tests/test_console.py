"""What a job tells people: lines with a rate, a bar on a terminal, each kind of note once."""

import io
import os
from pathlib import Path

import pytest

from deepgin.console import Bar, Lines, Progress, duration, named, watcher
from deepgin.inpainting.folders import Pairs


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

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


def told(lines):
    return lines.stream.getvalue().splitlines()


def test_lines_come_from_time_to_time_with_rate_and_time_left(clock):
    lines = Lines(io.StringIO(), clock=clock)
    lines.begin(100, 3)
    for i in range(100):
        clock.now += 0.5
        lines.filled(f"{i}.png", "direct")
    lines.end()
    assert told(lines) == [
        "3 are done: skipped (--overwrite does them again)",
        "20 of 100, 2 a second, 40 s left",
        "40 of 100, 2 a second, 30 s left",
        "60 of 100, 2 a second, 20 s left",
        "80 of 100, 2 a second, 10 s left",
        "100 of 100, 2 a second",
    ]


def test_what_came_after_the_last_line_is_told_at_the_end(clock):
    lines = Lines(io.StringIO(), clock=clock)
    lines.begin(3, 0)
    for i in range(3):
        clock.now += 8
        lines.filled(f"{i}.png", "direct")
    lines.end()
    assert told(lines) == ["2 of 3, 0.125 a second, 8 s left", "3 of 3, 0.125 a second"]


def test_a_short_job_says_nothing(clock):
    lines = Lines(io.StringIO(), clock=clock)
    lines.begin(2, 0)
    lines.filled("a.png", "direct")
    lines.filled("b.png", "direct")
    lines.end()
    assert told(lines) == []


def test_an_interrupted_job_says_how_far_it_came(clock):
    lines = Lines(io.StringIO(), clock=clock)
    lines.begin(4, 0)
    clock.now += 2
    lines.filled("a.png", "direct")
    lines.end()
    assert told(lines) == ["1 of 4, 0.5 a second, 6 s left"]


def test_failures_stand_at_the_end(clock):
    lines = Lines(io.StringIO(), verbose=True, clock=clock)
    lines.begin(3, 0)
    lines.failed("a.png", "photos/a.png is damaged")
    lines.failed("sub/b.png", "RuntimeError: odd")
    lines.filled("c.png", "crop")
    lines.end()
    assert told(lines) == [
        "c.png: crop",
        "deepgin: photos/a.png is damaged",
        "deepgin: sub/b.png: RuntimeError: odd",
    ]


def test_a_note_is_said_once_and_counted(clock):
    lines = Lines(io.StringIO(), clock=clock)
    lines.begin(4, 0)
    for name in ("a.png", "b.png", "c.png"):
        lines.note(name, "JPEG is not exact")
        lines.note(name, f"photos/{name} is odd")
    lines.note("d.png", "something else")
    lines.total = 0
    lines.end()
    assert told(lines) == [
        "deepgin: warning: a.png: JPEG is not exact",
        "deepgin: warning: photos/a.png is odd",
        "deepgin: warning: d.png: something else",
        "deepgin: warning: so for 3 pictures: JPEG is not exact",
        "deepgin: warning: so for 3 pictures: photos/ is odd",
    ]


@pytest.mark.parametrize("verbose", [False, True])
def test_what_has_no_counterpart(verbose):
    lines = Lines(io.StringIO(), verbose)
    many = [Path(f"{i:02}.png") for i in range(22)]
    lines.before(Pairs(lone_pictures=many, lone_masks=[Path("z.png")], notes=["a circle"]))
    circle, pictures, masks = told(lines)
    assert circle == "deepgin: warning: a circle"
    assert masks == "deepgin: warning: 1 mask has no picture: z.png"
    assert pictures.startswith("deepgin: warning: 22 pictures have no mask: 00.png, 01.png")
    assert ("21.png" in pictures) is verbose
    assert ("and 2 more (-v names them)" in pictures) is not verbose


def test_any_name_can_be_told_in_any_encoding(clock):
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
    for words in ("1 are done", "[bold]not markup[/] :smile:", "3/3", "1 failed", "b.png: it"):
        assert words in text
    assert text.rstrip().endswith("deepgin: b.png: it failed")


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


def test_one_slow_picture_tells_its_steps(clock):
    lines = Lines(io.StringIO(), clock=clock)
    lines.begin(1, 0)
    for done in range(20):
        lines.step(done, 20)
        clock.now += 1
    lines.end()
    lines.filled("a.png", "direct")
    assert told(lines) == ["2 of 20 steps, 18 s left", "12 of 20 steps, 8 s left"]


def test_a_bar_for_one_picture():
    bar = watcher(stream=Terminal())
    bar.begin(1, 0)
    bar.step(0, 40)
    bar.step(10, 40)
    bar.progress.refresh()
    bar.end()
    bar.filled("a.png", "direct")
    assert "10/40" in bar.stream.getvalue()
    assert "a second" not in bar.stream.getvalue()


def test_more_than_expected_gives_no_negative_time(clock):
    for kind in (Lines(io.StringIO(), clock=clock), Bar(Terminal())):
        kind.filled("a.png", "direct")
        clock.now += 40
        kind.end()
        assert "-" not in kind.line()
        assert "of 0" not in kind.stream.getvalue() + kind.line()


def test_time_left():
    now = 10.0
    progress = Progress(lambda: now)
    assert (progress.total, progress.seconds_left()) == (0, None)
    progress.update(0, 40)
    now = 16.0
    progress.update(1, 40)
    assert progress.seconds_left() is None
    progress.update(10, 40)
    assert progress.seconds_left() == 18.0
    now = 26.0
    assert progress.seconds_left() == 8.0
    now = 60.0
    assert progress.seconds_left() == 0.0
    progress.update(20, 40)
    assert progress.seconds_left() == 50.0
    progress.update(40, 40)
    assert progress.seconds_left() == 0.0
