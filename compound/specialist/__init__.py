"""Specialists: small trained classifiers that can abstain, with certificates for automation.

A version is `arrays.safetensors` + `model.json` + `certificate.json` + `evaluation.json`; nothing is pickled.
"""

from __future__ import annotations

from compound.specialist._certify import binomial_tail, certify
from compound.specialist._registry import Registry, VersionRow
from compound.specialist._scope import TextEmbedder
from compound.specialist._specialist import Specialist
from compound.specialist._train import part_of, train
from compound.specialist._types import Certificate, Example, Figure, Prediction, TrainingReport

__all__ = [
    "Certificate",
    "Example",
    "Figure",
    "Prediction",
    "Registry",
    "Specialist",
    "TextEmbedder",
    "TrainingReport",
    "VersionRow",
    "binomial_tail",
    "certify",
    "part_of",
    "train",
]
