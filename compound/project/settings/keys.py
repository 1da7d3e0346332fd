"""What `[tool.compound]` and the environment may say, each key with what it means."""

from __future__ import annotations

from typing import Final

PROFILE_KEYS: Final = {
    "lakehouse": "folder of tables that facts are read from",
    "generator": "`module:function` that writes the lakehouse, tickets and cases",
    "tickets": "where the items of a mailbox are that `mailboxes` does not name: a JSONL file, a Delta table or a "
    "folder of task files",
    "cases": "folder with tasks_*.json and expected_outcomes_*.json",
    "extra_cases": "a second folder of cases, reported beside the first",
    "training": "folder or file with labelled past tickets, for `compound train`",
    "documents": "index name -> files, folders, globs (`**` is any depth) or `module:function`",
    "lexical": "indexes that are searched by words alone: no vectors to compute",
    "records": "record store -> URL of its database, as `connectors/` names the store; the profile's own SQLite file "
    "`{home}/NAME.db` when absent",
    "mailboxes": "mailbox -> where `--from NAME` reads its items: as `tickets`",
    "shop": "older: `records = {shop = URL}`",
    "state": "URL of the state store; the profile's own SQLite file when absent",
    "lock_wait": "how long a write waits for another process that holds the state store, a record store or the "
    "checkpoints: `500ms`, `2m`; 30s when absent",
    "vectors": "`edge` (in process, the default), `sqlite`, the URL of a Qdrant server, or an engine of a plug-in",
    "embedder": "what makes the vectors of texts: `auto` (the default: MiniLM where its weights are installed), "
    '`minilm`, `none`, or an embedder of a plug-in; `{ use = "name", option = 1 }` where it has options',
    "reranker": "reranker of a plug-in that orders the best passages of every search once more, as `embedder`",
    "retrievers": "index name -> retriever of a plug-in that answers for it in place of `documents`, as `embedder`",
    "exporters": "list of exporters that spans go to beside the project's own traces: `opentelemetry`, or one of a "
    "plug-in, as `embedder`",
    "allow_folders": "folders outside of the project and the lakehouse that links, tables and documents may lead to",
    "model": "provider that answers for every logical model; the models file decides when absent",
}
"""Keys of [tool.compound.profiles.NAME]. Paths are relative to the project; `{home}` is the profile's state folder."""
PROJECT_KEYS: Final = {
    "name": "name of the project; its folder's name when absent",
    "profile": "the profile that is used when none is chosen; else the first",
    "graph": "the graph that commands mean when none is named",
    "example": "input of that graph that `compound run` takes when it is given nothing",
    "profiles": "profile name -> its settings, below; a setting in [tool.compound] itself is every profile's default; "
    "without any profile there is one called `default`",
    "specialists": "specialist name -> `module:function` that yields its labelled examples",
    "group_access": "`true` lets the group of the state folder read and write it (0770, files 0660); else only its "
    "owner may (0700, 0600), whatever the umask is",
    "batch": "how batches meet trouble, below",
}
"""Keys of [tool.compound]."""
BATCH_KEYS: Final = {
    "retries": "how often a ticket is tried again, with growing pauses, after trouble that passes by itself (a locked "
    "store, an overloaded provider), before it is a dead letter: 3",
    "stop_after_failures": "a batch stops after this many tickets in a row that a provider, a record store or a "
    "mailbox failed: 10; 0 for never; `--stop-after` goes before it",
}
"""Keys of [tool.compound.batch]."""
VARIABLES: Final = {
    "COMPOUND_PROFILE": "profile, where `--profile` does not name one",
    "COMPOUND_HOME": "folder of the run-time state instead of `.compound/` in the project",
    "COMPOUND_ROOT": "folder from which the project is looked for, instead of the working folder",
    "COMPOUND_HOST": "name of this host in leases and messages, instead of its own",
    "COMPOUND_USER": "who decides reviews, where `--user` does not say it; else the login name",
    "COMPOUND_RECORDS": "over `records` of the profile: `NAME=URL`, several with spaces between",
    "COMPOUND_SHOP": "`shop` of the profile",
    "COMPOUND_STATE": "`state` of the profile",
    "COMPOUND_LOCK_WAIT": "`lock_wait` of the profile",
    "COMPOUND_VECTORS": "`vectors` of the profile",
    "COMPOUND_LOG": "how the command line logs on standard error: `text`, or `json`, one record a line",
    "COMPOUND_LOG_LEVEL": "least level that is logged: `debug`, `info` (the default), `warning`, `error`, `critical`",
    "COMPOUND_MODEL": "`model` of the profile; `--model` goes before it",
    "COMPOUND_MCP_TOKEN": "bearer token that requests to `compound mcp --http` must carry",
}
"""Environment variables that are read."""
