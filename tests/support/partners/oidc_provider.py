"""A real OpenID provider in a process of its own, which also checks PKCE: the package that it is made of does not.

python -m tests.support.partners.oidc_provider PORT USERS_AS_JSON
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).parents[3]


@contextmanager
def provider(users: Sequence[Mapping[str, Any]]) -> Generator[str]:
    """The address of a provider that knows these people: `{"sub": ..., "email": ..., ...}`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.support.partners.oidc_provider",
        str(port),
        json.dumps(list(users)),
    ]
    process = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _until_up(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{address}/.well-known/openid-configuration", timeout=5).close()
        except OSError:
            assert process.poll() is None, "the provider ended"
            assert time.monotonic() < end, "the provider does not start"
            time.sleep(0.1)
        else:
            return


def main(port: int, users: list[dict[str, Any]]) -> None:
    """Serve until the process is stopped."""
    import flask
    import oidc_provider_mock
    from werkzeug.serving import run_simple

    known = [oidc_provider_mock.User(sub=one["sub"], claims=one) for one in users]
    app = oidc_provider_mock.app(require_nonce=True, user_claims=known)
    challenges: dict[str, str] = {}

    @app.after_request
    def remember(response: flask.Response) -> flask.Response:
        if flask.request.path == "/oauth2/authorize" and "location" in response.headers:
            code = parse_qs(urlsplit(response.headers["location"]).query).get("code", [""])[0]
            challenges[code] = flask.request.values.get("code_challenge", "")
        return response

    @app.before_request
    def check() -> tuple[str, int] | None:
        if flask.request.path != "/oauth2/token":
            return None
        digest = hashlib.sha256(flask.request.form.get("code_verifier", "").encode()).digest()
        wanted = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return None if challenges.get(flask.request.form.get("code", "")) == wanted else ("wrong verifier", 400)

    _ = (remember, check)
    run_simple("127.0.0.1", port, app, threaded=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
