"""A hook of the site: every notebook under docs/ becomes a page, as it ran when it was committed."""

import base64
import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

LINK = re.compile(r"(\]\([^)#\s]+)\.ipynb((?:#[^)]*)?\))")
PICTURES = {"image/png": "png", "image/jpeg": "jpg"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page and its pictures for each notebook, which itself stays there to be downloaded."""
    for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
        page = PurePosixPath(file.src_uri).with_suffix(".md")
        notebook = json.loads(Path(str(file.abs_src_path)).read_text(encoding="utf-8"))
        text, pictures = markdown_of(notebook, page.stem)
        files.append(File.generated(config, str(page), content=text))
        for name, content in pictures.items():
            files.append(File.generated(config, str(page.with_name(name)), content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links that are to notebooks in the repository to their pages here."""
    return LINK.sub(r"\1.md\2", markdown)


def markdown_of(notebook: dict[str, Any], stem: str) -> tuple[str, dict[str, bytes]]:
    """Return a notebook as Markdown, and its pictures by name."""
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            if len(parts) == 1:
                parts.append(f'<a href="{stem}.ipynb" download>Download the notebook</a>')
            continue
        parts.append(f"```python\n{source}\n```")
        printed: list[str] = []
        for output in cell["outputs"]:
            data = output.get("data", {})
            kind = next((kind for kind in PICTURES if kind in data), None)
            if kind is None:
                printed.append("".join(output.get("text") or data.get("text/plain", "")).rstrip())
                continue
            name = f"{stem}-{len(pictures) + 1}.{PICTURES[kind]}"
            pictures[name] = base64.b64decode("".join(data[kind]))
            printed.append(f"![What the code above shows]({name})")
        parts += _blocks(printed)
    return "\n\n".join(parts) + "\n", pictures


def _blocks(printed: list[str]) -> list[str]:
    """Join what was printed in a row into one block."""
    blocks: list[str] = []
    lines: list[str] = []
    for text in [*printed, "![]"]:
        if not text.startswith("!["):
            lines.append(text)
            continue
        if lines:
            blocks.append("``` { .text .output }\n" + "\n".join(lines) + "\n```")
            lines = []
        blocks.append(text)
    return blocks[:-1]
