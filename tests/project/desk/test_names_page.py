"""The handbook's page of names is found from where its reader lies: without it half of the Spanish letters are lost."""

from __future__ import annotations

import pytest

from tools.lexicon.names_page import product_groups, translations


def test_the_page_names_products() -> None:
    assert len(product_groups()) > 10


@pytest.mark.parametrize("language", ["de", "es"])
def test_the_page_translates_options(language: str) -> None:
    assert len(translations(language)) > 10
