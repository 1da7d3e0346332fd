"""Keys of `[tool.compound]` and environment variables, with their meaning."""

from __future__ import annotations

from typing import Final

PROFILE_KEYS: Final = {
    "lakehouse": "folder of the lakehouse's tables",
    "generator": "`module:function` that writes the lakehouse, items and cases",
    "items": "source of items for mailboxes that `mailboxes` does not list: a JSONL file, a Delta table or a "
    "folder of task files",
    "cases": "folder with tasks_*.json and expected_outcomes_*.json",
    "extra_cases": "a second folder of cases, reported separately",
    "training": "folder or file with labelled past items, for functions of specialists and documents that take a path",
    "documents": "index name -> files, folders, globs (`**` is any depth) or `module:function`",
    "lexical": "indexes with lexical search only, without vectors",
    "records": "record store in `connectors/` -> URL of its database; default: SQLite, `{home}/NAME.db`",
    "mailboxes": "mailbox -> source of its items for `--from NAME`, like `items`; or a mail account or help desk: "
    '`{ use = "imap", ... }`, `zendesk`, `chatwoot`, or a mailbox of a plug-in',
    "state": "URL of the state store; default: the profile's SQLite file",
    "lock_wait": "how long a write waits for a lock on the state store, a record store or the "
    "checkpoints: `500ms`, `2m`; default: 30s",
    "vectors": "`edge` (in process, the default), `sqlite`, the URL of a Qdrant server, or a plug-in's engine",
    "embedder": "embedder of texts: `auto` (default: MiniLM if its weights are installed), "
    '`minilm`, `none`, or an embedder of a plug-in; `{ use = "name", option = 1 }` sets options',
    "reranker": "a plug-in's reranker for every search, written like `embedder`",
    "retrievers": "index name -> a plug-in's retriever that replaces `documents`, written like `embedder`",
    "exporters": "additional exporters of spans: `opentelemetry`, or a plug-in's, written like `embedder`",
    "allow_folders": "outside folders that links, tables and documents may refer to",
    "model": "provider for every logical model; default: the models file",
}
"""Keys of [tool.compound.profiles.NAME]. Paths are relative to the project; `{home}` is the profile's state folder."""
PROJECT_KEYS: Final = {
    "name": "name of the project; default: its folder's name",
    "profile": "the default profile; else the first",
    "graph": "the default graph of commands; default: the only graph of the project",
    "example": "input for `compound run` without arguments",
    "profiles": "profile name -> its settings, below; a setting in [tool.compound] is the default of every profile; "
    "without profiles there is one named `default`",
    "specialists": "specialist name -> `module:function` that yields its labelled examples",
    "group_access": "`true` lets the group of the state folder read and write it (0770, files 0660); else only the "
    "owner can (0700, 0600), independent of the umask",
    "batch": "how batches handle failures, below",
    "web": "sign-in, limits and notices of `compound serve`, below",
}
"""Keys of [tool.compound]."""
BATCH_KEYS: Final = {
    "retries": "number of retries of an item, with backoff, after a transient failure (a locked "
    "store, an overloaded provider), before it becomes a dead letter: 3",
    "stop_after_failures": "a batch stops after this many consecutive items failed because of a provider, record "
    "store or mailbox: 10; 0: never; `--stop-after` overrides it",
}
"""Keys of [tool.compound.batch]."""
WEB_KEYS: Final = {
    "hook_secret": "key with which a help desk signs `POST /api/v1/hooks/ticket-changed`, from the environment: "
    "`${env:HOOK_SECRET}`; without it, that call does not exist",
    "oidc": "sign-in at an OpenID provider, below",
    "requests_per_minute": "requests of one account, to pages and the API, in a minute: 1200; 0: as many as it likes",
}
"""Keys of [tool.compound.web]."""
OIDC_KEYS: Final = {
    "issuer": "address of the provider, `https://login.example.com`; it serves `/.well-known/openid-configuration`",
    "client_id": "the client's id at the provider",
    "client_secret": "the client's secret, from the environment: `${env:OIDC_SECRET}`",
    "label": "name of the provider on the page to sign in: `OpenID`",
    "scope": "scopes to ask for: `openid email profile`",
    "name": "the claim that is the name of the account, and so the user of its decisions: `email`",
    "claim": "the claim with the groups of a person, a text or a list: `groups`",
    "roles": 'group -> role, or a list of roles: `{support = "reviewer", leads = ["senior", "qa"]}`; who is in none '
    "of them cannot sign in",
    "teams": "group -> queue, or a list of queues, that its people see; with it, who is in none of them cannot sign "
    "in; without it, everybody sees every queue",
}
"""Keys of [tool.compound.web.oidc]."""
VARIABLES: Final = {
    "COMPOUND_PROFILE": "profile; `--profile` overrides it",
    "COMPOUND_HOME": "folder of the run-time state; default: `.compound/` in the project",
    "COMPOUND_ROOT": "folder from which the project is searched; default: the working folder",
    "COMPOUND_HOST": "name of this host in leases and messages; default: its host name",
    "COMPOUND_USER": "user of reviews; `--user` overrides it; default: the login name",
    "COMPOUND_RECORDS": "overrides `records` of the profile: `NAME=URL`, separated by spaces",
    "COMPOUND_STATE": "overrides `state` of the profile",
    "COMPOUND_LOCK_WAIT": "overrides `lock_wait` of the profile",
    "COMPOUND_VECTORS": "overrides `vectors` of the profile",
    "COMPOUND_LOG": "log format of the command line on standard error: `text`, or `json`, one object per line",
    "COMPOUND_LOG_LEVEL": "minimum log level: `debug`, `info` (the default), `warning`, `error`, `critical`",
    "COMPOUND_MODEL": "overrides `model` of the profile; `--model` overrides it",
    "COMPOUND_SERVE_HOST": "address on which `compound serve` listens; `--host` overrides it",
    "COMPOUND_SERVE_PORT": "port of `compound serve`; `--port` overrides it",
    "COMPOUND_SERVE_NAMES": "names of `compound serve` in browsers, separated by spaces; `--name` overrides it",
    "COMPOUND_MCP_TOKEN": "bearer token that requests to `compound mcp --http` must carry",
}
"""Environment variables."""
