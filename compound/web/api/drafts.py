"""What a person wrote about a review and has not decided: the same text that the page keeps and shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from compound.client.types import SavedDraft
from compound.errors import ConflictError
from compound.web.api.calls import (
    Decider,
    IfMatch,
    ReviewId,
    aside,
    etag,
    moment,
    problems,
    seen,
    service_of,
    version_of,
)
from compound.web.api.once import OnceRoute
from compound.web.api.problems import ApiError
from compound.web.identity.person import Person
from compound.web.reviews.one.pens import fields_of_form, form_of_fields

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project import ReviewService
    from compound.review.desk.desk import Pen
    from compound.review.stored.types import Review

router = APIRouter(route_class=OnceRoute, tags=["reviews"])


class DraftRequest(BaseModel):
    """What a person has written so far: fields of an edit, by name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"fields": {"text": "Dear Ann, ..."}, "note": ""}]})
    fields: Annotated[dict[str, Any], Field(examples=[{"text": "Dear Ann, ..."}])]
    note: Annotated[str, Field(max_length=5000, description="The note to the edit.")] = ""


@router.get("/reviews/{review_id}/draft", responses=problems(404))
async def show_draft(request: Request, response: Response, person: Decider, review_id: ReviewId) -> SavedDraft:
    """What the caller wrote and has not decided. Its ETag is its version; before the first save it is `"0"`."""
    saved = await aside(lambda: _saved(request, person, review_id))
    response.headers["etag"] = etag(saved.version)
    return saved


@router.put("/reviews/{review_id}/draft", responses=problems(404, 409, 412, 428))
async def save_draft(
    request: Request,
    response: Response,
    person: Decider,
    review_id: ReviewId,
    draft: DraftRequest,
    if_match: IfMatch = None,
) -> SavedDraft:
    """Keep what the caller has written; nothing is decided, and nobody else's text is touched.

    `If-Match` names the version of the last save, `"0"` for the first. 412: the same person saved another text, in
    another window for example; `draft` is what is stored.
    """
    saved = await aside(lambda: _save(request, person, review_id, draft, if_match))
    response.headers["etag"] = etag(saved.version)
    return saved


@router.delete("/reviews/{review_id}/draft", status_code=204, responses=problems(404))
async def discard_draft(request: Request, person: Decider, review_id: ReviewId) -> Response:
    """Discard what the caller wrote."""

    def drop() -> None:
        seen(request, person, review_id)
        service_of(request).queue.desk.drop(review_id, person.name)

    await aside(drop)
    return Response(status_code=204)


def _save(request: Request, person: Person, review_id: str, draft: DraftRequest, if_match: str | None) -> SavedDraft:
    seen(request, person, review_id)
    version = version_of(if_match)
    service = service_of(request)
    item = service.queue.show(review_id)
    content = form_of_fields(item, service.argument_schema, draft.fields, draft.note)
    desk = service.queue.desk
    try:
        desk.write(review_id, person.name, content, version=version, draft_seq=item.draft_seq)
    except ConflictError as error:
        now = _saved(request, person, review_id)
        raise ApiError(error.code, error.what, status=412, fix="keep one of both texts", draft=now) from error
    desk.rebase(review_id, person.name, item.draft_seq)  # the fields were written against this draft
    return _saved(request, person, review_id)


def _saved(request: Request, person: Person, review_id: str) -> SavedDraft:
    seen(request, person, review_id)
    service = service_of(request)
    item = service.queue.show(review_id)
    pen = service.queue.desk.pen(review_id, person.name)
    if pen is None:
        return SavedDraft(review_id=review_id, version=0, draft_seq=item.draft_seq)
    present, letter = _began_from(service, item, pen)
    form = {name: text for name, text in pen.content.items() if isinstance(text, str)}
    said = fields_of_form(item, service.argument_schema, present, letter, form)
    return SavedDraft(
        review_id=review_id,
        version=pen.version,
        draft_seq=pen.draft_seq,
        is_older=pen.draft_seq != item.draft_seq,
        fields=cast("dict[str, Any]", said.given),
        note=form.get("note", ""),
        invalid=said.errors,
        saved_at=moment(pen.at),
    )


def _began_from(service: ReviewService, item: Review, pen: Pen) -> tuple[Mapping[str, JsonValue], str]:
    """Fields and text of the draft that a person began from."""
    if pen.draft_seq == item.draft_seq:
        return item.draft.fields, item.draft.text
    drafts = {one.seq: one.draft for one in service.queue.drafts(item.review_id)}
    old = drafts.get(pen.draft_seq, item.draft)
    return old.fields, old.text
