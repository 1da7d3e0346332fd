"""The pages in German, Spanish and Arabic: nothing is missing, nothing is left over, and nothing is outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment
from starlette.testclient import TestClient

from compound.project import Project
from compound.web.app import create_app
from compound.web.identity.people import People
from compound.web.site.names import named
from compound.web.site.render import TEMPLATES
from compound.web.site.times import Moments, decimal
from compound.web.site.words import LOCALE, Words
from tests.project.conversations.helpline import helpline
from tests.web.words import TRANSLATED, catalogue, lacks, report, said

ROOT = Path(__file__).parents[3]
WRITE = "python -m tests.web.words --write adds these to the catalogues; then translate them:\n\n"


def test_every_message_is_translated_and_no_translation_is_left_over() -> None:
    found = lacks()
    assert not found, WRITE + report(found)


def test_a_message_that_a_catalogue_lacks_is_told_with_the_entry_to_add(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tests.web.words.LOCALE", tmp_path)
    for language in TRANSLATED:
        text = (LOCALE / f"{language}.po").read_text()
        text = text.replace('msgid "Undo"', 'msgid "Unmake"').replace(
            "%(who)s arbeitet daran.", "Jemand arbeitet daran."
        )
        (tmp_path / f"{language}.po").write_text(text.replace('msgstr[5] "%(n)s صفوف"', 'msgstr[5] ""'))
    told = report(lacks())
    assert told.count('msgid "Undo"\nmsgstr ""') == 3
    assert told.count("no page says 'Unmake': take it out") == 3
    assert "has [] and not ['%(who)s']" in told


def test_each_language_has_its_plural_forms() -> None:
    assert [catalogue(one).num_plurals for one in ("de", "es", "ar")] == [2, 3, 6]
    words = Words.of("ar")
    forms = [words.plural("%(n)s row", "%(n)s rows", n) % {"n": n} for n in (0, 1, 2, 3, 11, 100)]
    assert forms == ["لا صفوف", "صف واحد", "صفان", "3 صفوف", "11 صفًا", "100 صف"]


class _Texts(HTMLParser):
    """Texts of a template outside of its expressions, with the attributes that people read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._quiet += tag in ("code", "pre", "kbd", "script", "style")
        read = ("title", "aria-label", "placeholder", "alt")
        self.found += [text for name, text in attrs if name in read and text]

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("code", "pre", "kbd", "script", "style")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.found.append(data)


def test_no_word_of_a_template_is_outside_the_catalogues() -> None:
    outside: list[str] = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = re.sub(r"\{% block body_class %\}\w*|\{% set common %\}.*?\{% endset %\}", "", path.read_text())
        parser, deep, parts = _Texts(), 0, list[str]()
        for _, kind, value in Environment().lex(text):
            deep += kind.endswith("_begin") - kind.endswith("_end")
            parts.append(value if kind == "data" and not deep else "")
        parser.feed("".join(parts))
        words = {word for one in parser.found for word in re.findall(r"[^\W\d_]{2,}", one)}
        outside += [f"{path.name}: {word}" for word in words - {"USD", "UTC", "null"}]
    assert outside == []


def test_names_of_the_data_are_said_in_the_language_and_names_of_a_project_stay() -> None:
    german = Words.of("de")
    assert [named(one, german) for one in ("approve", "awaiting_second", "call_back")] == [
        "freigeben",
        "zweite Freigabe",
        "call back",
    ]


def test_numbers_and_times_are_written_as_the_language_writes_them() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    shown = {
        one: Moments(Words.of(one)).show((now - timedelta(minutes=12)).isoformat(), now=now)
        for one in ("en", *TRANSLATED)
    }
    assert [decimal(Words.of(one), 1234.5, 2) for one in ("en", "de")] == ["1,234.50", "1.234,50"]
    assert ">12 minutes ago<" in shown["en"]
    assert ">vor 12 Minuten<" in shown["de"]
    assert ">hace 12 minutos<" in shown["es"]
    assert ">قبل 12 دقيقة<" in shown["ar"]


def test_the_wheel_has_the_catalogues() -> None:
    from hatchling.builders.wheel import WheelBuilder

    files = {one.distribution_path for one in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert {f"compound/web/locale/{one}.po" for one in TRANSLATED} <= files


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """Somebody signed in, without JavaScript."""
    with helpline(tmp_path).open() as project:
        client = TestClient(create_app(project, hosts=["testserver"]), base_url="https://testserver")
        client.post("/login", data={"link": _link(project)})
        yield client


def _link(project: Project) -> str:
    people = People(project.resources.state, project.resources.clock)
    people.add("bo", roles=["admin"])
    return people.link("bo")


def _html(text: str) -> str:
    found = re.search(r"<html[^>]*>", text)
    assert found is not None
    return found.group(0)


def test_a_browser_gets_its_language_until_the_person_chooses_one(client: TestClient) -> None:
    german = {"accept-language": "fr;q=0.9,de-AT;q=0.8,en;q=0.5"}
    assert '<html lang="de" dir="ltr">' in client.get("/reviews", headers=german).text
    assert '<html lang="en" dir="ltr">' in client.get("/reviews", headers={"accept-language": "fr"}).text
    page = client.get("/reviews?view=mine", headers=german).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    back = re.search(r'name="back" value="([^"]+)"', page)
    assert csrf is not None
    assert back is not None
    form = {"csrf": csrf.group(1), "back": back.group(1), "language": "ar", "theme": "dark"}
    answer = client.post("/settings", data=form, headers=german)
    assert (answer.status_code, answer.url.path, answer.url.query) == (200, "/reviews", b"view=mine")
    assert _html(answer.text) == '<html lang="ar" dir="rtl" data-theme="dark">'
    assert "المراجعات" in answer.text
    assert 'value="ar" lang="ar" selected' in answer.text
    asked = client.post("/settings", data={**form, "language": "", "shortcuts": "off"}, headers=german)
    assert _html(asked.text) == '<html lang="de" dir="ltr" data-theme="dark" data-shortcuts="off">'


def test_a_setting_needs_the_token_of_the_form_and_a_value_that_exists(client: TestClient) -> None:
    csrf = re.search(r'name="csrf" value="([^"]+)"', client.get("/reviews").text)
    assert csrf is not None
    assert client.post("/settings", data={"theme": "dark"}).status_code == 403
    refused = client.post("/settings", data={"csrf": csrf.group(1), "theme": "pink"})
    assert (refused.status_code, "web.setting" in refused.text) == (422, True)
    assert "data-theme" not in client.get("/reviews").text


@pytest.mark.parametrize(
    ("language", "wrong"),
    [
        ("de", "Der Name oder das Passwort ist falsch."),
        ("es", "El nombre o la contraseña no son correctos."),
        ("ar", "الاسم أو كلمة المرور غير صحيحة."),
    ],
)
def test_a_wrong_password_is_told_in_the_language_of_the_browser(client: TestClient, language: str, wrong: str) -> None:
    headers = {"accept-language": language}
    assert wrong in client.post("/login", data={"name": "bo", "password": "x"}, headers=headers).text


def test_every_message_says_where_it_stands() -> None:
    assert "reviews/list.html" in said()["Views"]
