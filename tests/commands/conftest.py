"""Running `deepgin` in this process."""

import re
import sys

import pytest

from deepgin.commands import main


@pytest.fixture
def deepgin(capsys):
    """Runs a command; returns exit code, stdout and stderr."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def works(deepgin):
    """Runs a command that must work in silence; returns what it prints."""

    def run(*arguments):
        code, out, err = deepgin(*arguments)
        assert (code, err) == (0, "")
        return out

    return run


@pytest.fixture
def fails(deepgin):
    """Runs a command that must fail with `code` and one line on stderr; returns that line."""

    def run(code, *arguments):
        found, out, err = deepgin(*arguments)
        assert found == code, err
        assert out == ""
        assert re.fullmatch(r"deepgin: [^\n]+\n", err), err
        assert "Traceback" not in err
        return err.strip()

    return run


@pytest.fixture
def files_in():
    """Returns a folder tree's files and folders with their content, to compare."""

    def listed(folder):
        return {
            path.relative_to(folder): path.read_bytes() if path.is_file() else None
            for path in folder.rglob("*")
        }

    return listed


@pytest.fixture
def command_line():
    """The words that begin `deepgin` in another process."""
    return [sys.executable, "-m", "deepgin"]
