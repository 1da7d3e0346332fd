"""What a person typed and has not decided: how a form is filled, and what a newer draft does to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from markupsafe import Markup

from compound.errors import DataError, choices
from compound.web.reviews.one.diff import word_diff
from compound.web.reviews.one.form import DROP, Input, inputs_of
from compound.web.reviews.one.submitted import Submitted, read_form

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project import ReviewService
    from compound.review.stored.types import Review
    from compound.web.reviews.one.form import SchemaOf
    from compound.web.reviews.one.page import ReviewPage

    Form = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreeWay:
    """A text that a person changed while the graph drafted a new one.

    Attributes:
        name: Name of the input.
        old: The draft that the person began from.
        mine: What the person wrote, as changes of the old draft.
        new: The newer draft, as changes of the old one.
        mine_text: What the person wrote; `new_text` is the newer draft.
    """

    name: str
    old: str
    mine: Markup
    new: Markup
    mine_text: str
    new_text: str


def flat(inputs: Sequence[Input]) -> Iterator[Input]:
    """Every input that holds a value."""
    for one in inputs:
        if one.inputs or one.kind in ("record", "list"):
            yield from flat(one.inputs)
        else:
            yield one


def letter_input(page: ReviewPage) -> Input | None:
    """The input of an edit that holds the text that is sent; None if the text cannot be edited."""
    inputs = () if page.edit is None else flat(page.edit.inputs)
    return next((one for one in inputs if one.value and one.value == page.text), None)


def filled(page: ReviewPage, service: ReviewService, kept: Form) -> Form:
    """Name of each input to what it shows: what was just sent, else what the person saved.

    Where the review shows a newer draft, only what the person changed in the old one counts.
    """
    if kept:
        return kept
    if page.pen is None or not page.is_waiting:
        return {}
    saved = {name: one for name, one in page.pen.content.items() if isinstance(one, str)}
    if page.pen.draft_seq == page.item.draft_seq:
        return saved
    old = _old_values(page, service)
    return {name: text for name, text in saved.items() if name in old and old[name] != text}


def _old_values(page: ReviewPage, service: ReviewService) -> dict[str, str]:
    seq = 0 if page.pen is None else page.pen.draft_seq
    draft = next((one for one in page.view.drafts if one["seq"] == seq), None)
    if draft is None:
        return {}
    fields = cast("Mapping[str, JsonValue]", draft["fields"])
    inputs = inputs_of(
        page.item.decide.get("edit", {}), fields, service.argument_schema, letter=str(draft["text"] or "")
    )
    return {one.name: one.value for one in flat(inputs)}


def three_way(page: ReviewPage, values: Form) -> ThreeWay | None:
    """The old draft, the person's text and the new draft; None if the person's text does not differ from both."""
    letter = letter_input(page)
    if letter is None or page.older is None:
        return None
    mine = values.get(letter.name, "").replace("\r\n", "\n")
    if not mine or mine in (page.older, page.text):
        return None
    return ThreeWay(
        name=letter.name,
        old=page.older,
        mine=word_diff(page.older, mine),
        new=word_diff(page.older, page.text),
        mine_text=mine,
        new_text=page.text,
    )


def form_of_fields(item: Review, schema_of: SchemaOf, fields: Mapping[str, JsonValue], note: str) -> dict[str, str]:
    """Fields of an edit as the page's form has them: only inputs that differ from the draft.

    Raises:
        DataError: `review.not-offered`: an edit has no such field.
    """
    offered = item.decide.get("edit", {})
    unknown = next((name for name in fields if name not in offered), None)
    if unknown is not None:
        what = f"an edit of review {item.review_id} has no field {unknown!r}"
        raise DataError("review.not-offered", what, fix=choices(list(offered), unknown))
    before = {one.name: one for one in _inputs(item, schema_of, item.draft.fields)}
    after = {one.name: one for one in _inputs(item, schema_of, {**item.draft.fields, **fields})}
    form = {
        name: one.value
        for name, one in after.items()
        if (name not in before or before[name].value != one.value) and not (one.is_new and not one.value)
    }
    dropped = {one.path for one in _entries(item, schema_of, item.draft.fields)}
    dropped -= {one.path for one in _entries(item, schema_of, {**item.draft.fields, **fields})}
    return {**form, **{f"{DROP}{path}": "on" for path in sorted(dropped)}, **({"note": note} if note else {})}


def fields_of_form(
    item: Review, schema_of: SchemaOf, present: Mapping[str, JsonValue], letter: str, form: Form
) -> Submitted:
    """What a saved form says, as fields of an edit, and what is wrong with its inputs.

    Args:
        item: The review.
        schema_of: Finds the schema of an effect's arguments.
        present: Fields of the draft that the person began from.
        letter: Its text.
        form: The saved form.
    """
    inputs = inputs_of(item.decide.get("edit", {}), present, schema_of, letter=letter)
    return read_form(inputs, present, form)


def _inputs(item: Review, schema_of: SchemaOf, fields: Mapping[str, JsonValue]) -> list[Input]:
    made = inputs_of(item.decide.get("edit", {}), fields, schema_of, letter=item.draft.text)
    return [one for one in flat(made) if one.kind != "fixed"]


def _entries(item: Review, schema_of: SchemaOf, fields: Mapping[str, JsonValue]) -> list[Input]:
    """Entries of lists that an edit may leave out."""
    found: list[Input] = []
    left = list(inputs_of(item.decide.get("edit", {}), fields, schema_of, letter=item.draft.text))
    while left:
        one = left.pop()
        found += [one] if one.can_drop and not one.is_new else []
        left += one.inputs
    return found


def content_of(form: Mapping[str, str]) -> dict[str, JsonValue]:
    """The part of a form that a person typed."""
    own = ("field.", "drop.", "note")
    return {name: text for name, text in form.items() if name.startswith(own)}
