"""Statements: what is said of a network of other authors, as `lama,out=0..1` or in a YAML file."""

from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError


def parse(text: str) -> dict[str, str]:
    """Read `[NETWORK,]KEY=VALUE,...`; the key of a part without one is `network`.

    Raises:
        UsageError: a part without a value, or a key twice.
    """
    stated: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = part.partition("=") if "=" in part else ("network", "=", part)
        if not equals or not value or key in stated:
            raise UsageError(
                f"'{part}' in '{text}' does not work",
                field="contract",
                mend="write it as in {contract=lama} or {contract=hole=1,range=0..1}",
            )
        stated[key] = value
    return stated


def joined(stated: Mapping[str, str]) -> str:
    """Undo `parse`."""
    return ",".join(v if k == "network" else f"{k}={v}" for k, v in stated.items())


def beside(path: Path) -> dict[str, str]:
    """Read the statement in `NAME.yaml` or `NAME.onnx.yaml` beside `NAME.onnx`, if there is one.

    Raises:
        UsageError: the file holds anything but keys and values.
    """
    for file in (path.with_suffix(".yaml"), path.with_name(f"{path.name}.yaml")):
        if not file.is_file():
            continue
        import yaml  # type: ignore[import-untyped]

        try:
            read = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise _no_statement(file) from error
        if not isinstance(read, dict) or any(isinstance(v, dict | list) for v in read.values()):
            raise _no_statement(file)
        return {str(key): str(value) for key, value in read.items()}
    return {}


def _no_statement(file: Path) -> UsageError:
    problem = f"{file} is no YAML file of keys and values"
    return UsageError(problem, field="contract", mend="write lines such as `hole: 1`")
