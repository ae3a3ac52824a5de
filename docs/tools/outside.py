"""A hook of the site: links that lead out of docs/. They are checked, and never lead nowhere."""

import re
from os.path import normpath
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((\.\./[^)#\s]+)(#[^)\s]*)?\)")
log = get_plugin_logger("outside")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links to files beside docs/ at the repository, or leave their text where none is named.

    A file that is not there is a warning, which `strict` makes an error.
    """
    root = Path(config.config_file_path).parent

    def replaced(match: re.Match[str]) -> str:
        text, link, _ = match.groups()
        target = normpath(Path("docs", page.file.src_uri).parent / link)
        if target.startswith("docs/"):
            return match[0]
        if target.startswith("..") or not (root / target).exists():
            log.warning(f"{page.file.src_uri} links to {link}, which is not there")
        if config.repo_url:
            return f"[{text}]({config.repo_url.rstrip('/')}/blob/HEAD/{target})"
        told = text.strip("`") in (target, Path(target).name, Path(target).stem)
        return f"`{target}`" if told else f"{text} (`{target}`)"

    return LINK.sub(replaced, markdown)
