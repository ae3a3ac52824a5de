"""Finding weights: those of the package, a file, or an address on the Hugging Face Hub."""

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from ..errors import UsageError, WeightsError

USUAL = "deepgin-compact.safetensors"
"""The default of a repository that holds several weights."""
SHIPPED = Path(__file__).parent / "files" / USUAL
_PREFIX = "hf:"  # a file of such a name is written as `./hf:...`
_ADDRESS = re.compile(r"hf:([^/@]+/[^/@]+)(?:/([^@]+))?(?:@([^@]+))?")
_downloads: dict["Address", Path] = {}


@dataclass(frozen=True)
class Address:
    """Weights on the Hugging Face Hub: `hf:owner/name[/path/in/repo.safetensors][@revision]`."""

    repo: str
    file: str = ""
    revision: str = ""

    def __str__(self) -> str:
        file = f"/{self.file}" if self.file else ""
        return _PREFIX + self.repo + file + (f"@{self.revision}" if self.revision else "")


def is_address(name: str | Path | None) -> bool:
    """Return whether a name of weights is an address on the hub."""
    return str(name or "").startswith(_PREFIX)


def parse(text: str) -> Address:
    """Read an address; a UsageError says that it is none."""
    match = _ADDRESS.fullmatch(text)
    if not match or {"", ".", ".."} & {*f"{match[1]}/{match[2] or 'file'}".split("/")}:
        raise UsageError(
            f"'{text}' is no address of weights",
            field="weights",
            mend="write hf:owner/name or hf:owner/name/path/in/it.safetensors, perhaps @revision",
        )
    return Address(match[1], match[2] or "", match[3] or "")


def local_path(name: str | Path | None = None) -> Path:
    """Return the file of weights, downloaded if needed; a plain file need not exist.

    An address is looked up once a process, so that all who ask for it see one version. Without
    a network an earlier download is used.

    Args:
        name: a file, `hf:owner/name[/path/in/repo.safetensors][@revision]`, or None for the
            weights that come with the package.

    Raises:
        UsageError: the address is malformed.
        WeightsError: no such repository, revision or file, no right to it, no network, or
            several weights to choose from.
    """
    if name is None:
        return SHIPPED
    if not is_address(name):
        return Path(name)
    address = parse(name.as_posix() if isinstance(name, Path) else name)
    if address not in _downloads or not _downloads[address].exists():
        _downloads[address] = _downloaded(address)
    return _downloads[address]


def _downloaded(address: Address) -> Path:
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise WeightsError(
            f"{address}: huggingface_hub is missing: pip install -c constraints.txt '.[hub]'"
        ) from error
    try:
        file = address.file or _choose(address, _listed(address))
        return Path(hf_hub_download(address.repo, file, revision=address.revision or None))
    except WeightsError:
        raise
    except Exception as error:  # beside its own errors, those of its HTTP library and the disk's
        raise _reason(address, error) from error


def _listed(address: Address) -> list[str]:
    """Return the files of a repository; without a network, those of it that are in the cache."""
    from huggingface_hub import HfApi, errors

    try:
        # Unlike `list_repo_files` it does not try for half a minute where there is no network.
        info = HfApi().model_info(address.repo, revision=address.revision or None)
        return [sibling.rfilename for sibling in info.siblings or ()]
    except errors.HFValidationError:
        raise
    except Exception as error:
        if cached := _cached(address):
            return cached
        if isinstance(error, errors.HfHubHTTPError):
            raise
        raise errors.LocalEntryNotFoundError(str(error)) from error


def _cached(address: Address) -> list[str]:
    from huggingface_hub import errors, snapshot_download

    only, revision = "*.safetensors", address.revision or None
    try:
        folder = snapshot_download(
            address.repo, revision=revision, allow_patterns=only, local_files_only=True
        )
    except errors.LocalEntryNotFoundError:
        return []
    return [file.relative_to(folder).as_posix() for file in Path(folder).rglob(only)]


def _choose(address: Address, files: list[str]) -> str:
    weights = sorted(file for file in files if file.endswith(".safetensors"))
    if len(weights) == 1:
        return weights[0]
    if USUAL in weights:
        return USUAL
    if not weights:
        raise WeightsError(f"{address}: no .safetensors file is there")
    example = Address(address.repo, weights[0], address.revision)
    listed = shorten(", ".join(weights), 300, placeholder=" ...")
    raise WeightsError(f"{address} holds several weights: {listed}: name one, as in {example}")


def _reason(address: Address, error: Exception) -> WeightsError | UsageError:
    """Return the error in one line; the hub's own messages have many."""
    from huggingface_hub import errors

    if isinstance(error, errors.HFValidationError):
        return UsageError(f"{address}: '{address.repo}' cannot be the name of a repository")
    reasons = {  # the first that fits: later ones include earlier ones
        errors.GatedRepoError: " is gated: agree to its terms on its page, then `hf auth login`",
        errors.RepositoryNotFoundError: ": no such repository, or a private one: check the name, "
        "or `hf auth login`",
        errors.RevisionNotFoundError: f": there is no revision '{address.revision or 'main'}'",
        errors.LocalEntryNotFoundError: " is not in the cache, and the hub cannot be reached: "
        "check the network, and whether HF_HUB_OFFLINE is set",
        errors.EntryNotFoundError: f": there is no file '{address.file}'",
    }
    why = shorten(" ".join(str(error).split()), 200) or type(error).__name__
    texts = [text for kind, text in reasons.items() if isinstance(error, kind)]
    return WeightsError(str(address) + [*texts, f" cannot be downloaded: {why}"][0])
