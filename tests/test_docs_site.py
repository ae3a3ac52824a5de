"""The documentation: what leads where, what its pages run, and, slowly, the built site itself."""

import json
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

import deepgin
from deepgin.commands import COMMANDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
NOTEBOOK = DOCS / "tutorial" / "notebook.ipynb"
CONFIG = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
FENCE = re.compile(r"^```(\w*).*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def _navigated(entry):
    if isinstance(entry, str):
        yield entry
    else:
        for each in entry.values() if isinstance(entry, dict) else entry:
            yield from _navigated(each)


def test_the_navigation_has_every_page_once():
    there = [page.relative_to(DOCS).as_posix() for page in PAGES]
    there += [f.relative_to(DOCS).with_suffix(".md").as_posix() for f in DOCS.rglob("*.ipynb")]
    assert sorted(_navigated(CONFIG["nav"])) == sorted(there)


@pytest.mark.parametrize(
    "page", [*PAGES, *ROOT.glob("*.md"), ROOT / "examples" / "README.md"], ids=str
)
def test_pages(page):
    """Links lead to files, commands parse, and Python compiles."""
    text = page.read_text()
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))  # brackets in code are no links
    for link in map(urlsplit, LINK.findall(prose)):
        assert link.scheme or (page.parent / unquote(link.path)).exists(), link.path
    for kind, code in FENCE.findall(text):
        if kind == "python":
            compile(code, page.name, "exec")
        for line in code.replace("\\\n", " ").splitlines() if kind == "sh" else ():
            words = shlex.split(re.split(r" [<>|] ", line)[0], comments=True)
            if words[:1] == ["deepgin"] and words[1:2] and words[1][0] != "-":
                assert words[1] in {*COMMANDS, "help"}, line
            if words[:1] == ["deepgin"] and words[1:2] and words[1] in COMMANDS:
                import_module(f"deepgin.commands.{words[1]}").parser().parse_args(words[2:])


def test_anchors_that_other_files_use_are_there():
    """Inside docs/ the strict build sees to it; README and CONTRIBUTING are not in the site."""
    count = 0
    for page in ROOT.glob("*.md"):
        for path, anchor in re.findall(r"\((docs/[\w./-]+\.md)#([\w-]+)\)", page.read_text()):
            heads = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w]+", "-", head.lower()).strip("-") for head in heads}
            assert anchor in slugs, f"{page.name}: {path}#{anchor}"
            count += 1
    assert count


def test_the_tutorial_s_python(tmp_path, monkeypatch):
    """What the first page of the tutorial asserts holds after the command that it gives."""
    blocks = FENCE.findall((DOCS / "tutorial" / "first-hole.md").read_text())
    command = next(code for kind, code in blocks if kind == "sh" and "coffee-mask" in code)
    (python,) = (code for kind, code in blocks if kind == "python")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    assert import_module("deepgin.commands").main(shlex.split(command)[1:]) == 0
    exec(python, {})  # noqa: S102, our own page


@pytest.mark.slow
def test_the_notebook_runs_and_was_committed_as_it_ran(tmp_path):
    pytest.importorskip("nbconvert", reason="pip install '.[docs]'")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "notebook.ipynb").write_bytes(NOTEBOOK.read_bytes())
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
    done = subprocess.run(
        [*command, "notebook.ipynb"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    again, before = (
        [
            [output["output_type"] for output in cell["outputs"] if "data" in output]
            for cell in json.loads(path.read_text())["cells"]
            if cell["cell_type"] == "code"
        ]
        for path in (tmp_path / "notebook.ipynb", NOTEBOOK)
    )
    assert again == before


def test_the_reference_has_what_is_public():
    text = "\n".join(page.read_text() for page in (DOCS / "reference").glob("*.md"))
    names = set(re.findall(r"^::: ([\w.]+)$", text, re.MULTILINE))
    assert len(names) > 50
    objects = [_found(name) for name in names - {"commands"}]
    for name in set(deepgin.__all__) - {"masks"}:
        assert any(one is getattr(deepgin, name) for one in objects), name
    fields = import_module("dataclasses").fields(import_module("deepgin.training.recipe").Recipe)
    groups = {one.default_factory.__name__ for one in fields if "Recipe" in str(one.type)}
    assert groups <= {name.rpartition(".")[2] for name in names}


def _found(name):
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            value = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            value = getattr(value, part)
        return value
    raise AssertionError(name)


class _Resources(HTMLParser):
    """Gathers what a page loads, and where it leads."""

    def __init__(self):
        super().__init__()
        self.loaded, self.links, self.anchors = [], [], set()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag in ("script", "img", "iframe", "source", "video"):
            self.loaded.append(values.get("src"))
        if tag == "link" and values.get("rel") not in ("canonical", "next", "prev"):
            self.loaded.append(values.get("href"))
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])


@pytest.mark.slow
def test_the_site(tmp_path):
    """It builds strictly, loads nothing from elsewhere, and no link or anchor of it is dead."""
    pytest.importorskip("mkdocs", reason="pip install '.[docs]'")
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(site)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    pages = {}
    for path in site.rglob("*.html"):
        if path.name != "404.html":
            pages[path] = _Resources()
            pages[path].feed(path.read_text())
    assert len(pages) == len([*_navigated(CONFIG["nav"])])
    for path, page in pages.items():
        for source in page.loaded:
            assert source is None or not urlsplit(source).netloc, f"{path.name} loads {source}"
        for link in [*page.links, *filter(None, page.loaded)]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or parts.path == ".":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.exists(), f"{path.name} leads to {link}"
            if parts.fragment and target in pages:
                anchors = pages[target].anchors
                assert unquote(parts.fragment) in anchors, f"{path.name} leads to {link}"
    for style in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", style.read_text()), style
    commands = (site / "reference" / "commands.html").read_text()
    assert all(f'id="{name}"' in commands for name in COMMANDS)
    assert "--data.smallest_scale" in commands
    for page in (DOCS / "reference").glob("*.md"):
        built = site / "reference" / f"{page.stem}.html"
        for name in re.findall(r"^::: (deepgin\.[\w.]+)$", page.read_text(), re.MULTILINE):
            assert name in pages[built].anchors, name
        # A module in the place of the function of its name.
        assert "doc-symbol-heading doc-symbol-module" not in built.read_text()
    assert not re.search(r"/(root|home|work)/", "".join(p.read_text() for p in pages))
