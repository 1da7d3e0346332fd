"""What a request costs at least here: FastAPI, Jinja2 and plain SQL, on the same rows in the same database.

It has no accounts, no counts of views, no claims on evidence, no languages and no audit log: a page reads the rows that
it shows, `next` and `decide` change one row in one transaction.

`python -m tests.bench.serve.peer URL` prints its address and serves until it is ended.
"""

from __future__ import annotations

import socket
import sys
import time
from typing import Any, Final

import sqlalchemy as sa
from anyio import to_thread
from fastapi import FastAPI, Form
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2 import Environment

LIST: Final = sa.text(
    "SELECT r.review_id, r.title, r.item_id, r.queue, r.risk, r.status, r.lease_user, r.due_at, d.draft FROM review r "
    "JOIN draft_version d ON d.review_id = r.review_id AND d.seq = r.draft_seq WHERE r.review_id IN "
    "(SELECT review_id FROM review WHERE status = 'pending' ORDER BY created_at, review_id LIMIT 51)"
)
ONE: Final = sa.text(
    "SELECT r.*, d.draft FROM review r JOIN draft_version d ON d.review_id = r.review_id AND d.seq = r.draft_seq "
    "WHERE r.review_id = :id"
)
NEXT: Final = sa.text(
    "UPDATE review SET lease_user = :who, lease_until = :until, version = version + 1 WHERE review_id = "
    "(SELECT review_id FROM review WHERE queue = 'complaints' AND status = 'pending' AND (lease_until IS NULL OR "
    "lease_until < :now) LIMIT 1) RETURNING review_id"
)
DECIDE: Final = sa.text(
    "UPDATE review SET lease_user = NULL, lease_until = NULL, version = version + 1 WHERE review_id = :id"
)
PAGES: Final = {
    "list": "<title>Reviews</title><ol>{% for r in rows %}<li><a href='/reviews/{{ r.review_id }}'>{{ r.title }}</a> "
    "{{ r.queue }} {{ r.risk }} {{ r.status }} {{ r.lease_user or '' }} {{ r.due_at or '' }}</li>{% endfor %}</ol>",
    "one": "<title>{{ r.title }}</title><h1>{{ r.title }}</h1><p>{{ r.item }}</p><p>{{ r.draft }}</p>"
    "<p>{{ r.evidence }}</p><form method=post action='/reviews/{{ r.review_id }}/decide'><button>ok</button></form>",
}


def application(url: str) -> FastAPI:
    """The application on a state store."""
    app, pages = FastAPI(), Environment(autoescape=True)
    templates = {name: pages.from_string(text) for name, text in PAGES.items()}
    database = sa.create_engine(url, **({"connect_args": {"timeout": 30}} if url.startswith("sqlite") else {}))

    def read(query: sa.TextClause, **values: object) -> list[Any]:
        with database.connect() as db:
            return list(db.execute(query, values))

    def write(query: sa.TextClause, **values: object) -> str:
        with database.begin() as db:
            found = db.execute(query, values)
            return str(found.scalar_one()) if found.returns_rows else ""

    @app.get("/reviews")
    async def several() -> Response:
        rows = await to_thread.run_sync(read, LIST)
        return HTMLResponse(templates["list"].render(rows=rows))

    @app.get("/reviews/{review_id}")
    async def one(review_id: str) -> Response:
        rows = await to_thread.run_sync(lambda: read(ONE, id=review_id))
        return HTMLResponse(templates["one"].render(r=rows[0]))

    @app.post("/api/v1/reviews/next")
    async def following() -> Response:
        now = time.time()
        return JSONResponse(
            {"review_id": await to_thread.run_sync(lambda: write(NEXT, who="ann", now=now, until=now + 120))}
        )

    @app.post("/reviews/{review_id}/decide")
    async def decide(review_id: str, csrf: str = Form("")) -> Response:
        await to_thread.run_sync(lambda: write(DECIDE, id=review_id))
        return RedirectResponse(f"/reviews/{review_id}", status_code=303)

    _ = (several, one, following, decide)
    return app


def main(url: str) -> None:
    """Serve on a free port."""
    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(application(url), log_level="warning", access_log=False)).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1])
