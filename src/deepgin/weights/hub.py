"""Finding weights: those of the package, a file, or an address on the Hugging Face Hub."""

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from ..errors import UsageError, WeightsError

PREFIX = "hf:"
"""What addresses begin with; a file of such a name is written as `./hf:...`."""
USUAL = "deepgin-compact.safetensors"
"""What is taken of a repository that holds several weights, unless the address says another."""
SHIPPED = Path(__file__).parent / "files" / USUAL
"""The weights that come with the package."""
_ADDRESS = re.compile(r"hf:([^/@]+/[^/@]+)(?:/([^@]+))?(?:@([^@]+))?")
_found: dict["Address", Path] = {}


@dataclass(frozen=True)
class Address:
    """Weights on the Hugging Face Hub.

    Attributes:
        repo: owner/name.
        file: its path in the repository; empty takes the only weights there.
        revision: branch, tag or commit; empty takes the main branch.
    """

    repo: str
    file: str = ""
    revision: str = ""

    def __str__(self) -> str:
        file = f"/{self.file}" if self.file else ""
        return PREFIX + self.repo + file + (f"@{self.revision}" if self.revision else "")


def is_address(name: str | Path | None) -> bool:
    """Return whether a name of weights is an address on the hub."""
    return str(name or "").startswith(PREFIX)


def parse(text: str) -> Address:
    """Read `hf:owner/name[/path/in/repo.safetensors][@revision]`.

    Raises:
        UsageError: it is written otherwise.
    """
    match = _ADDRESS.fullmatch(text)
    if not match or {"", ".", ".."} & {*f"{match[1]}/{match[2] or 'file'}".split("/")}:
        raise UsageError(
            f"'{text}' is no address of weights",
            field="weights",
            mend="write hf:owner/name or hf:owner/name/path/in/it.safetensors, perhaps @revision",
        )
    return Address(match[1], match[2] or "", match[3] or "")


def local_path(name: str | Path | None = None) -> Path:
    """Return the file of weights, after downloading it if that is needed.

    An address is looked up once a process, so that all who ask for it see one version. Without
    a network an earlier download is used.

    Args:
        name: a file, `hf:owner/name[/path/in/repo.safetensors][@revision]`, or None for the
            weights that come with the package.

    Returns:
        The path; of a plain file as it was given, whether it exists or not.

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
    if address not in _found or not _found[address].exists():
        _found[address] = _downloaded(address)
    return _found[address]


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
    from huggingface_hub import CacheNotFound, constants, scan_cache_dir

    asked = address.revision or "main"
    try:
        repos = scan_cache_dir(constants.HF_HUB_CACHE).repos
    except CacheNotFound:
        return []
    return [
        file.file_path.relative_to(revision.snapshot_path).as_posix()
        for repo in repos
        if (repo.repo_type, repo.repo_id) == ("model", address.repo)
        for revision in repo.revisions
        if asked == revision.commit_hash or asked in revision.refs
        for file in revision.files
    ]


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
    """Return what went wrong in one line; the hub's own messages have many."""
    from huggingface_hub import errors

    login = "`hf auth login`"
    if isinstance(error, errors.HFValidationError):
        return UsageError(f"{address}: '{address.repo}' cannot be the name of a repository")
    if isinstance(error, errors.GatedRepoError):
        return WeightsError(f"{address} is gated: agree to its terms on its page, then {login}")
    if isinstance(error, errors.RepositoryNotFoundError):
        return WeightsError(
            f"{address}: no such repository, or a private one: check the name, or {login}"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return WeightsError(f"{address}: there is no revision '{address.revision or 'main'}'")
    if isinstance(error, errors.LocalEntryNotFoundError):
        return WeightsError(
            f"{address} is not in the cache, and the hub cannot be reached: "
            "check the network, and whether HF_HUB_OFFLINE is set"
        )
    if isinstance(error, errors.EntryNotFoundError):
        return WeightsError(f"{address}: there is no file '{address.file}'")
    why = shorten(" ".join(str(error).split()), 200) or type(error).__name__
    return WeightsError(f"{address} cannot be downloaded: {why}")
