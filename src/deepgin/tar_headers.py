"""A tarfile header that raises on corruption instead of stopping early."""

import tarfile


class Header(tarfile.TarInfo):
    """A header that takes anything but zeros for a fault; `tarfile` would end quietly there."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> "Header":
        try:
            return super().fromtarfile(tar)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"it ends too early or is damaged ({error})") from error
