"""`python -m deepgin` is `deepgin`. Nothing else lives here."""

import sys

from .commands import main

if __name__ == "__main__":
    sys.exit(main())
