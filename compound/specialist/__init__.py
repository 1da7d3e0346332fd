"""Specialists: small trained classifiers that can abstain, with certificates for automation.

A version is `arrays.safetensors` + `model.json` + `certificate.json` + `evaluation.json`; nothing is pickled.
"""

from __future__ import annotations

from compound.specialist.registry import VersionRow
from compound.specialist.types import Certificate, Example

__all__ = ["Certificate", "Example", "VersionRow"]
