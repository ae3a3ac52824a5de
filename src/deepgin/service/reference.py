"""The page `/docs`, made from the OpenAPI description."""

from collections.abc import Iterator
from html import escape
from typing import Any

# The page has no scripts; its style stands in it.
CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
EXAMPLE = "http://127.0.0.1:8000"
"""The address in the examples of descriptions; the page has the service's own in its place."""
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.55 system-ui, sans-serif }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 1rem 0 }
h2 { font: 600 1.05rem ui-monospace, monospace }
pre { padding: .7rem 1rem; border-radius: .5rem; white-space: pre-wrap;
  background: color-mix(in srgb, currentColor 7%, transparent) }
code { font: .9em ui-monospace, monospace }
table { border-collapse: collapse; width: 100% }
td { padding: .25rem .8rem .25rem 0; vertical-align: top }
"""


def page(description: dict[str, Any], address: str) -> str:
    """Return HTML for an OpenAPI description.

    Args:
        description: as FastAPI makes it.
        address: of the service, for its examples.
    """
    info = description["info"]
    head = f"<title>{escape(info['title'])}: interface</title>"
    view = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    body = "".join(
        _operation(method, path, operation, description)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">{view}{head}'
        f"<style>{_STYLE}</style><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{escape(info.get('description', ''))} Refusals are JSON: "
        '<code>{"error": "one sentence"}</code>. '
        'For programs: <a href="openapi.json">openapi.json</a>.</p>'
        f"{body.replace(EXAMPLE, escape(address))}</html>"
    )


def _operation(
    method: str, path: str, operation: dict[str, Any], description: dict[str, Any]
) -> str:
    parts = [f"<section><h2>{method.upper()} {escape(path)}</h2>"]
    parts.append(f"<p>{escape(operation.get('summary', ''))}</p>")
    parts += [
        f"<pre>{escape(line.strip('`'))}</pre>"
        for line in operation.get("description", "").split("\n\n")
        if line.startswith("`")
    ]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>Takes <code>{escape(kind)}</code>:</p>{_fields(content['schema'])}")
    answers = [(code, one.get("description", "")) for code, one in operation["responses"].items()]
    parts.append("<p>Answers:</p>" + _table(answers))
    return "".join([*parts, "</section>"])


def _fields(schema: dict[str, Any]) -> str:
    needed = schema.get("required", [])
    return _table(
        (name, " ".join(_said(field, name in needed)))
        for name, field in schema.get("properties", {}).items()
    )


def _said(field: dict[str, Any], needed: bool) -> Iterator[str]:
    choices = f": {', '.join(map(str, field['enum']))}" if "enum" in field else ""
    yield f"{field.get('description', '')}{choices}."
    if needed:
        yield "Needed."
    elif field.get("default") not in (None, "", False):
        yield f"Default: {field['default']}."
    if "examples" in field:
        yield f"Example: {field['examples'][0]}"


def _table(rows: Any) -> str:
    cells = "".join(
        f"<tr><td><code>{escape(str(name))}</code><td>{escape(what)}" for name, what in rows
    )
    return f"<table>{cells}</table>"
