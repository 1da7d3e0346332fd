"""The garden's own code: the offline answer to the model call, and the effect that sends an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, JsonValue

from compound.connector.mailbox import MailboxTransaction
from compound.effect import RECIPIENT, effect
from compound.errors import EffectRefused
from compound.model import solver

LONGEST = 400
UNKNOWN = "The garden's documents do not answer this question."


@solver("writer")
def writer(inputs: Mapping[str, Any]) -> JsonValue:
    """Quote the sentence that has most words of the question. A language model can replace this function."""
    asked = words(inputs["question"])
    best, text, source = 0, UNKNOWN, None
    for title, sentence in sentences(inputs["passages"]):
        shared = len(asked & words(sentence))
        if shared > best:
            best, text, source = shared, sentence, title
    return {"text": text, "source": source}


def sentences(passages: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Every sentence of the passages, with the title of its document."""
    for passage in passages:
        for sentence in re.split(r"(?<=[.!?])\s+", " ".join(passage["text"].split())):
            yield passage["title"], sentence


def words(text: str) -> set[str]:
    """The words that carry meaning: four letters or more, without a plural's `s`."""
    return {word.rstrip("s") for word in re.findall(r"[a-z]{4,}", text.lower())}


class Answer(BaseModel):
    """Arguments of `send_answer`."""

    id: Annotated[str, RECIPIENT]
    text: str


@effect("send_answer", target="mail")
def send_answer(tx: MailboxTransaction, args: Answer) -> JsonValue:
    """Send an answer to the person who asked; it is sent once, even after a crash."""
    if len(args.text) > LONGEST:
        raise EffectRefused("effect.too-long", f"the answer has {len(args.text)} characters; {LONGEST} are allowed")
    return tx.reply(args.id, args.text)
