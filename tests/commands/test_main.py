"""What all commands share: help, names, exit codes, one line for each error, --debug."""

import os
import shlex
import shutil
import subprocess
import warnings
from importlib import import_module
from pathlib import Path

import pytest

import deepgin as package
from deepgin.commands import COMMANDS, inpaint, main
from deepgin.errors import DeepginError, PictureError, UsageError

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_command(works, option):
    out = works(option)
    for name, what in COMMANDS.items():
        assert name in out
        assert what in out


def test_every_command_has_its_file():
    folder = Path(inpaint.__file__).parent
    others = {"__init__", "parsing", "measuring", "reporting"}
    assert {file.stem for file in folder.glob("*.py")} - others == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command, capsys):
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    out, err = capsys.readouterr()
    assert f"usage: deepgin {command}" in out
    assert err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_parse(command):
    module = import_module(f"deepgin.commands.{command}")
    examples = (module.parser().epilog or "").splitlines()[1:]
    for line in examples:
        words = shlex.split(line.partition(" < ")[0])
        assert words[:2] == ["deepgin", command]
        module.parser().parse_args(words[2:])
    assert examples


def test_help_as_a_command(works, capsys):
    assert works("help") == works("--help")
    with pytest.raises(SystemExit):
        main(["help", "info"])
    assert "usage: deepgin info" in capsys.readouterr().out


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
@pytest.mark.parametrize(
    ("words", "completed"),
    [("deepgin inp", "inpaint"), ("deepgin inpaint --fe", "--feather"), ("deepgin inpaint x", "")],
)
def test_completion_in_bash(works, words, completed):
    ask = f"COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _deepgin"
    script = f"{works('completion')}{ask}; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == completed


def test_version(works):
    assert works("--version") == f"deepgin {package.__version__}\n"


def test_without_a_command_the_usage_is_shown(deepgin):
    code, out, _ = deepgin()
    assert code == 2
    assert "usage: deepgin" in out


def test_missing_arguments_are_named(fails):
    message = fails(2, "inpaint")
    for name in ("source", "output"):
        assert name in message


class Failing:
    """Stands for a command that raises."""

    def __init__(self, error):
        self.error = error

    def parse_args(self, arguments):
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (DeepginError("a.png: no"), 1, "a.png: no"),
        (PictureError("two\n  lines"), 1, "two lines"),
        (UsageError("wrong"), 2, "wrong"),
        (RuntimeError("odd\nthing"), 1, "RuntimeError: odd thing (--debug shows where)"),
        (MemoryError(), 1, "MemoryError: no message (--debug shows where)"),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
)
def test_errors_become_one_line(fails, deepgin, monkeypatch, error, code, message):
    monkeypatch.setattr(inpaint, "parser", lambda: Failing(error))
    assert fails(code, "inpaint") == f"deepgin: {message}"
    if not isinstance(error, KeyboardInterrupt):
        with pytest.raises(type(error)):
            deepgin("inpaint", "--debug")


def test_warnings_become_one_line_and_python_gets_its_own_back(deepgin, monkeypatch):
    class Warning:
        def parse_args(self, arguments):
            warnings.warn("mind\n the gap", stacklevel=1)

    monkeypatch.setattr(inpaint, "parser", Warning)
    monkeypatch.setattr(inpaint, "run", lambda args: print("done"))
    before = warnings.showwarning
    assert deepgin("inpaint") == (0, "done\n", "deepgin: warning: mind the gap\n")
    assert warnings.showwarning is before


def in_process(command, stdout=subprocess.PIPE, **environment):
    pipes = {"stdout": stdout, "stderr": subprocess.PIPE}
    environment = ENVIRONMENT | environment
    return subprocess.run(command, check=False, env=environment, text=True, **pipes)


def test_as_a_process(command_line, pair, tmp_path, weights):
    out = tmp_path / "out.png"
    command = [*command_line, "inpaint", *pair, "-o", out, "--weights", weights]
    done = in_process(command)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"wrote {out}\n", "")
    again = in_process(command)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.count("\n") == 1
    assert str(out) in again.stderr and "--overwrite" in again.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_error(command_line, tmp_path, unbuffered):
    reading, writing = os.pipe()
    os.close(reading)
    command = [*command_line, "masks", "--kind", "rectangle", "--size", "8", "-o", tmp_path]
    done = in_process(command, stdout=writing, PYTHONUNBUFFERED=unbuffered)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
