"""Somebody who uses the pages without a browser: for races, crashes and load, where a browser is slow."""

from __future__ import annotations

import re
from html import unescape
from typing import Self
from urllib.parse import parse_qs, urlsplit

import httpx

COOKIE = re.compile(r"(__Host-compound=[^;]+)")
FORM = re.compile(r'<form[^>]*?\saction="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Caller:
    """A person with a session of their own.

    Args:
        link: A one-time link, or the address of the server with `name` and `password`.
    """

    def __init__(self, link: str, *, name: str = "", password: str = "") -> None:
        parts = urlsplit(link)
        self._http = httpx.Client(base_url=f"{parts.scheme}://{parts.netloc}", timeout=30)
        secret = parse_qs(parts.query).get("link", [""])[0]
        form = {"link": secret} if secret else {"name": name, "password": password}
        answer = self._http.post("/login", data=form)
        assert answer.status_code == 303, answer.text
        found = COOKIE.search(answer.headers["set-cookie"])
        assert found is not None
        # the cookie is for encrypted connections only; browsers trust the loopback address as well
        self._http.headers["cookie"] = found[1]

    @property
    def cookie(self) -> str:
        """The session, as a header."""
        return self._http.headers["cookie"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str) -> httpx.Response:
        """A page."""
        return self._http.get(path, follow_redirects=True)

    def reviews(self, view: str = "open") -> dict[str, str]:
        """Title of each listed review to its path."""
        rows = re.findall(
            r'href="(/reviews/\w+)"[^>]*>.*?<strong[^>]*>(.*?)</strong>', self.page(f"view={view}"), re.DOTALL
        )
        return {unescape(re.sub(r"<[^>]+>", "", title)).strip(): path for path, title in rows}

    def page(self, query: str) -> str:
        """The list as HTML."""
        return self.get(f"/reviews?{query}").text

    def decide(self, path: str, action: str, **fields: str) -> httpx.Response:
        """Open a review, and send the form of a decision; the answer is the page or the redirect to it."""
        page = self.get(path).text
        return self._http.post(f"{path}/decide", data={**self.hidden(page, action), **fields})

    def hidden(self, page: str, action: str) -> dict[str, str]:
        """The hidden fields of a decision's form."""
        for target, form in FORM.findall(page):
            found = {name: unescape(value) for name, value in HIDDEN.findall(form)}
            if target.endswith("/decide") and found.get("action", action) == action:
                return {"action": action, **found}
        raise AssertionError(f"no form for {action}")

    def csrf(self, page: str) -> str:
        """What the forms of a page carry."""
        return next(unescape(value) for name, value in HIDDEN.findall(page) if name == "csrf")

    def send(self, path: str, data: dict[str, str]) -> httpx.Response:
        """Send a form."""
        return self._http.post(path, data=data)
