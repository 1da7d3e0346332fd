"""Specialists: small trained models that classify, may abstain, and know what they may decide alone.

A version is `arrays.safetensors` + `model.json` + `certificate.json` + `evaluation.json`; nothing is pickled.
"""

from __future__ import annotations

from compound.specialist._registry import VersionRow
from compound.specialist._types import Certificate, Example

__all__ = ["Certificate", "Example", "VersionRow"]
