"""Every page of the site: route to the addresses that show it. A route without a row here fails a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.web.look.shop import Filled

if TYPE_CHECKING:
    from fastapi import FastAPI

NO_PAGE: Mapping[str, str] = {
    "/": "leads to the reviews",
    "/health": "JSON",
    "/ready": "JSON",
    "/metrics": "text for Prometheus",
    "/login/oidc": "leads to the provider",
    "/login/oidc/callback": "leads back from the provider",
    "/reviews/news": "JSON of the list",
    "/reviews/ahead": "rules for the browser",
    "/reviews/{review_id}/original": "a mail in a frame of its own",
    "/runs/counts": "JSON of the list",
    "/runs/{run_id}/events": "a stream of events",
    "/runs/{run_id}/value": "a value as JSON",
    "/runs/{run_id}/against": "leads to the comparison",
}
"""Route that shows nothing to a person, to what it is."""
PAGES: Mapping[str, Callable[[Filled], Sequence[str]]] = {
    "/login": lambda _: ["/login"],
    "/settings": lambda _: ["/settings"],
    "/reviews": lambda _: ["/reviews", "/reviews?view=second"],
    "/reviews/bulk": lambda shop: [f"/reviews/bulk?pick={shop.reviews['thanks']}.1&pick={shop.reviews['hurry']}.1"],
    "/reviews/{review_id}": lambda shop: [
        *(f"/reviews/{shop.reviews[name]}" for name in ("unsupported", "edited", "stale", "decided")),
        "/reviews/there-is-none",
    ],
    "/reviews/{review_id}/queries/{name}": lambda shop: [f"/reviews/{shop.reviews['ready']}/queries/jobs"],
    "/runs": lambda _: ["/runs"],
    "/runs/{run_id}": lambda shop: [f"/runs/{shop.runs[0]}", f"/runs/{shop.runs[1]}?node=price&tab=output"],
    "/runs/{run_id}/against/{other}": lambda shop: [f"/runs/{shop.runs[0]}/against/{shop.runs[1]}"],
    "/graphs": lambda _: ["/graphs"],
    "/graphs/{name}": lambda _: ["/graphs/estimate", "/graphs/estimate_by_hand"],
    "/batches": lambda _: ["/batches"],
    "/batches/{job_id}": lambda shop: [f"/batches/{shop.batch}"],
    "/evaluations": lambda _: ["/evaluations"],
    "/evaluations/compare": lambda shop: [f"/evaluations/compare?a={shop.suites[0]}&b={shop.suites[1]}"],
    "/quality": lambda _: ["/quality"],
    "/quality/me": lambda _: ["/quality/me"],
    "/quality/samples": lambda _: ["/quality/samples"],
    "/quality/samples/{sample_id}": lambda _: ["/quality/samples/there-is-none"],
    "/evaluations/{suite_run_id}": lambda shop: [f"/evaluations/{shop.suites[1]}"],
}


def routes(app: FastAPI) -> set[str]:
    """The routes that answer GET, without those of the API and of static files."""
    found: set[str] = set()

    def walk(under: Sequence[Any], prefix: str) -> None:
        for one in under:
            inner = getattr(one, "original_router", None) or getattr(one, "router", None)
            if inner is not None and not hasattr(one, "methods"):
                walk(inner.routes, prefix + getattr(one, "prefix", ""))
            elif "GET" in (getattr(one, "methods", None) or ()):
                found.add(prefix + one.path)

    walk(app.routes, "")
    return found
