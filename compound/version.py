"""The version of Compound, and where its files lie."""

from __future__ import annotations

from pathlib import Path
from typing import Final

VERSION: Final = "0.1.0"
PACKAGE: Final = Path(__file__).parent
"""The folder of the installed package."""
