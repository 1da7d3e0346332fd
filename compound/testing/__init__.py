"""For tests of graphs and projects: fakes in memory. Nothing of Compound imports it."""

from __future__ import annotations

from compound.testing.catalogue import FixedCatalogue
from compound.testing.fakes import FakeGateway, FakeOutbox, FakeReviews, FakeServices

__all__ = ["FakeGateway", "FakeOutbox", "FakeReviews", "FakeServices", "FixedCatalogue"]
