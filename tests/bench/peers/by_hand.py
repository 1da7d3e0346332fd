"""What the libraries alone cost for a batch of tickets: `python -m tests.bench.peers.by_hand HOME`.

For each sample ticket: its text through the same embedding network, two point queries of DuckDB on the orders, and
fourteen SQLite transactions that each write a JSON document (a batch of the sample desk makes fourteen a ticket). Nothing
is planned, checked, traced or shown to anybody.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

TRANSACTIONS = 14
PAYLOAD = 2_000


def work(home: Path) -> int:
    """Do it for all tickets of a seeded home; how many there were."""
    import duckdb

    from tests.support.data.search import embedder as embedder_named

    embedder = embedder_named("minilm")
    lake = duckdb.connect()
    lake.execute("SET threads = 2")
    files = str(home / "sample" / "lakehouse" / "orders" / "**" / "*.parquet")
    lake.execute("CREATE TABLE orders AS SELECT * FROM read_parquet(?)", [files])
    store = sqlite3.connect(home / "by_hand.db", isolation_level=None)
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("PRAGMA synchronous = NORMAL")
    store.execute("CREATE TABLE document (id TEXT PRIMARY KEY, text TEXT NOT NULL)")
    tickets = [json.loads(line) for line in (home / "sample" / "tickets.jsonl").read_text("utf-8").splitlines()]
    for ticket in tickets:
        embedder.embed_query(f"{ticket['subject']}\n{ticket['body']}")
        for key in (ticket["id"], ticket.get("customer_id") or ""):
            lake.execute("SELECT * FROM orders WHERE user_id = ? LIMIT 50", [key]).fetchall()
        for number in range(TRANSACTIONS):
            document = json.dumps({"ticket": ticket, "number": number, "values": list(range(PAYLOAD // 5))})
            store.execute("BEGIN IMMEDIATE")
            store.execute("INSERT INTO document VALUES (?, ?)", (f"{ticket['id']}-{number}", document))
            store.execute("COMMIT")
    store.close()
    return len(tickets)


if __name__ == "__main__":
    sys.stdout.write(f"{work(Path(sys.argv[1]))}\n")
