"""A project that was written with the older words and names works as it did."""

from __future__ import annotations

from pathlib import Path

from tests.project.many_stores.company import FILES, asked, company, letters, people


def test_a_project_with_the_older_words_and_imports(tmp_path: Path) -> None:
    tools = FILES["tools/company.py"].replace("mailbox import MailboxT", "desk import DeskT")
    tools = tools.replace("records import RecordsT", "shop import ShopT").replace("item_id=", "ticket_id=")
    tools = tools.replace("MailboxTransaction", "DeskTransaction").replace("RecordsTransaction", "ShopTransaction")
    files = {
        name: text.replace("records/v1", "shop/v1").replace("mailbox/v1", "desk/v1") for name, text in FILES.items()
    }
    graph = FILES["graphs/main.yaml"].replace("in: {id: $context.who}", "in: {customer_id: $context.who}")
    place = company(tmp_path, {**files, "tools/company.py": tools, "graphs/main.yaml": graph})
    assert place.say("seed").code == 0
    assert place.codes() == []
    said = place.say("review", "approve", asked(place))
    assert said.code == 0, said.err
    assert (people(place, "crm")["ann"], people(place, "ledger")["ann"]) == (1, 1)
    assert letters(place, "upstairs") == [("transfer", "i-1", "done")]
