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


def _prose(text):
    """Without code, whose brackets are no links."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


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
def test_links_lead_to_files(page):
    for link in LINK.findall(_prose(page.read_text())):
        parts = urlsplit(link)
        if parts.scheme or not parts.path:
            continue
        assert (page.parent / unquote(parts.path)).exists(), f"{page.name}: {link}"


def test_anchors_that_other_files_use_are_there():
    """Inside docs/ the strict build sees to it; README and CONTRIBUTING are not in the site."""
    found = 0
    for page in ROOT.glob("*.md"):
        for path, anchor in re.findall(r"\((docs/[\w./-]+\.md)#([\w-]+)\)", page.read_text()):
            heads = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w]+", "-", head.lower()).strip("-") for head in heads}
            assert anchor in slugs, f"{page.name}: {path}#{anchor}"
            found += 1
    assert found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_pages_parse(page):
    for kind, code in FENCE.findall(page.read_text()):
        if kind != "sh":
            continue
        for line in code.replace("\\\n", " ").splitlines():
            words = shlex.split(re.split(r" [<>] ", line)[0], comments=True)
            if words[:1] != ["deepgin"] or len(words) < 2:
                continue
            assert words[1] in COMMANDS, line
            import_module(f"deepgin.commands.{words[1]}").parser().parse_args(words[2:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_in_pages_compiles(page):
    for kind, code in FENCE.findall(page.read_text()):
        if kind == "python":
            compile(code, page.name, "exec")


def test_the_tutorial_s_python(tmp_path, monkeypatch):
    """What the first page of the tutorial asserts holds after the command that it gives."""
    text = (DOCS / "tutorial" / "first-hole.md").read_text()
    blocks = FENCE.findall(text)
    command = next(code for kind, code in blocks if kind == "sh" and "coffee-mask" in code)
    (python,) = (code for kind, code in blocks if kind == "python")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    assert import_module("deepgin.commands").main(shlex.split(command)[1:]) == 0
    exec(python, {})  # noqa: S102, our own page


def test_the_reference_has_what_is_public():
    told = "\n".join(page.read_text() for page in (DOCS / "reference").glob("*.md"))
    names = set(re.findall(r"^::: ([\w.]+)$", told, re.MULTILINE))
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


def test_figures_are_made_by_scripts_and_shown():
    folder = DOCS / "figures"
    scripts = "\n".join(path.read_text() for path in folder.glob("*.py"))
    text = "\n".join(page.read_text() for page in PAGES)
    for path in folder.iterdir():
        if path.suffix in (".png", ".jpg", ".svg"):
            # The sheet is a training run's, whose command stands on the page.
            assert f'"{path.name}"' in scripts or path.name == "tiny-sheet.jpg", path.name
            assert f"figures/{path.name}" in text, path.name


def test_the_notebook_is_committed_as_it_ran():
    notebook = json.loads(NOTEBOOK.read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert sum("image/jpeg" in output.get("data", {}) for output in outputs) >= 4
    assert not re.search(r"/(home|root|tmp|work|Users)/", NOTEBOOK.read_text())


@pytest.mark.slow
def test_the_notebook_runs(tmp_path):
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
            [output.get("data", {}).keys() - {"text/html"} for output in cell["outputs"]]
            for cell in json.loads(path.read_text())["cells"]
            if cell["cell_type"] == "code" and any("data" in one for one in cell["outputs"])
        ]
        for path in (tmp_path / "notebook.ipynb", NOTEBOOK)
    )
    assert len(again) == len(before)


class _Resources(HTMLParser):
    """Gathers what a page loads, and where it leads."""

    def __init__(self):
        super().__init__()
        self.loaded, self.links, self.anchors = [], [], set()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.anchors |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag in ("script", "img", "iframe", "source", "video"):
            self.loaded.append(found.get("src"))
        if tag == "link" and found.get("rel") not in ("canonical", "next", "prev"):
            self.loaded.append(found.get("href"))
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])


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
