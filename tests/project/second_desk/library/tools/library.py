"""What the library does for its readers: it extends loans, waives fees, writes letters."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel, JsonValue

from compound.connector.mailbox import MailboxTransaction
from compound.connector.records import RecordsTransaction
from compound.effect import effect
from compound.errors import EffectRefused
from compound.model import solver
from compound.tool import Verdict, check

MOST_EXTENSIONS = 2
MOST_WAIVED = 5.0


class Extension(BaseModel):
    loan: str
    days: int = 14


class Waiver(BaseModel):
    loan: str


class Letter(BaseModel):
    letter_id: str
    text: str


def _loan(tx: RecordsTransaction, loan_id: str) -> dict[str, Any]:
    loan = tx.get("loans", loan_id)
    if loan is None:
        raise EffectRefused("library.no-loan", f"there is no loan {loan_id}")
    return loan


@effect("extend_loan", target="loans")
def extend_loan(tx: RecordsTransaction, args: Extension) -> JsonValue:
    """Let a reader keep a book for longer; not one that somebody waits for."""
    loan = _loan(tx, args.loan)
    book = tx.get("books", loan["book_id"]) or {}
    if book.get("reserved"):
        raise EffectRefused("library.reserved", f"somebody waits for {book['title']}")
    if loan["extensions"] >= MOST_EXTENSIONS:
        raise EffectRefused("library.extended", f"{args.loan} was extended {MOST_EXTENSIONS} times")
    loan["due"] = (date.fromisoformat(loan["due"]) + timedelta(days=args.days)).isoformat()
    loan["extensions"] += 1
    return {"due": loan["due"]}


@effect("waive_fee", target="loans")
def waive_fee(tx: RecordsTransaction, args: Waiver) -> JsonValue:
    """Waive the fee of a loan that came back late."""
    loan = _loan(tx, args.loan)
    if loan["fee"] > MOST_WAIVED:
        raise EffectRefused("library.fee", f"a fee of {loan['fee']:.2f} is for the head of the library")
    loan["fee"] = 0.0
    return {"loan": args.loan}


@effect("send_letter", target="post")
def send_letter(tx: MailboxTransaction, args: Letter) -> JsonValue:
    """Write to the reader."""
    return tx.reply(args.letter_id, args.text)


def _title(records: Mapping[str, Any], loan: Mapping[str, Any]) -> str:
    return str(records["books"][loan["book_id"]]["title"])


@solver("library_plan")
def library_plan(inputs: Mapping[str, Any]) -> Any:
    """Read a German letter: extend what it names and asks to keep, waive what it asks to be let off."""
    letter, records = str(inputs["letter"]).casefold(), inputs["records"]
    named = [key for key, loan in records["loans"].items() if _title(records, loan).casefold() in letter]
    wishes = {"extend_loan": ("verlänger", "länger behalten"), "waive_fee": ("gebühr erlassen", "gebühr zu erlassen")}
    asked = [name for name, words in wishes.items() if any(word in letter for word in words)]
    return {"actions": [{"name": name, "arguments": {"loan": loan}} for name in asked for loan in named]}


@solver("library_letter")
def library_letter(inputs: Mapping[str, Any]) -> Any:
    """Say in German what is done."""
    records = inputs["records"]
    said = {"extend_loan": "„{}“ können Sie zwei Wochen länger behalten.", "waive_fee": "Die Gebühr für „{}“ entfällt."}
    lines = [
        said[one["name"]].format(_title(records, records["loans"][one["arguments"]["loan"]]))
        for one in inputs["actions"]
    ]
    name = next(iter(records["readers"].values()))["name"]
    told = lines or ["Bitte sagen Sie uns, um welches Buch es geht."]
    return {"text": "\n".join([f"Guten Tag {name},", *told, "Ihre Stadtbibliothek"])}


@check("own_loans")
def own_loans(actions: list[dict[str, JsonValue]], records: dict[str, JsonValue]) -> Verdict:
    """Everything that is done is done to a loan of the reader who writes."""
    own: Any = records["loans"]
    others = [str(one["arguments"]) for one in actions if dict(one["arguments"]).get("loan") not in own]  # type: ignore[call-overload]
    return Verdict(ok=not others, problems=[f"not a loan of this reader: {one}" for one in others])
