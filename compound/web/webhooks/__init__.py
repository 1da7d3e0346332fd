"""Webhooks: addresses that are told what happens, with signed requests that are repeated until they arrive."""
