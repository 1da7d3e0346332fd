"""Formats of e-mail addresses, order numbers and payment methods."""

from __future__ import annotations

import re

# Starts at a word boundary, and every part is bounded: a long run of letters is scanned once.
EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
ORDER_ID = re.compile(r"(?<![\w-])#?W[- ]?\d{5,9}\b|#\d{5,9}\b", re.IGNORECASE)
PAYMENT_ID = re.compile(r"\b(?:credit_card|gift_card|paypal)_\d+\b")


def normal_order_id(written: str) -> str:
    """`w1234567`, `#1234567` and `W-1234567` are all `#W1234567`."""
    return "#W" + re.sub(r"\D", "", written)
