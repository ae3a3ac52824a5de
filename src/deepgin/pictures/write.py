"""Writing a picture file whole or not at all, in the format of its name."""

from pathlib import Path
from typing import Any

from PIL import Image

from ..errors import DeepginError, UsageError
from ..files import whole_file


def check_target(path: str | Path) -> Path:
    """Return `path` if a picture can be written under that name.

    Raises:
        UsageError: its ending names no format that can be written.
    """
    path = Path(path)
    Image.init()
    if Image.EXTENSION.get(path.suffix.lower()) not in Image.SAVE:
        raise UsageError(f"{path}: '{path.suffix}' is no picture format: end it in .png or .jpg")
    return path


def write_picture(picture: Image.Image, path: str | Path, *, overwrite: bool = False) -> None:
    """Write `picture`; PNG, and whatever else Pillow can write, by the ending of `path`.

    Raises:
        UsageError: an unknown ending, or `path` exists and `overwrite` is False.
        DeepginError: the folder is missing or cannot be written, the disk is full, or the format
            cannot hold the picture.
    """
    path = check_target(path)
    # JPEG cannot be exact; at this quality it is as near as it gets in reasonable size.
    options: dict[str, Any] = (
        {"quality": 95, "subsampling": 0} if path.suffix.lower() in (".jpg", ".jpeg") else {}
    )
    with whole_file(path, overwrite=overwrite) as temporary:
        try:
            picture.save(temporary, **options)
        except (ValueError, KeyError, TypeError, RuntimeError) as error:
            # What Pillow raises for a size or mode that a format cannot hold, beside OSError.
            raise DeepginError(f"{path} cannot be written: {error}") from error
