"""Webhooks in both directions: who is told of events, and what a help desk tells us."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from compound.client.offered import Changed, Webhook
from compound.web.api.calls import aside, moment, problems
from compound.web.api.once import OnceRoute
from compound.web.api.problems import ApiError
from compound.web.door.access import needs
from compound.web.identity.person import Person
from compound.web.identity.roles import Right
from compound.web.site.place import Place, place_of
from compound.web.webhooks.hooks import Hook, Hooks
from compound.web.webhooks.incoming import BadSignatureError, require_signed, reread

router = APIRouter(route_class=OnceRoute, tags=["webhooks"])
notices = APIRouter(tags=["webhooks"])
Admin = Annotated[Person, Depends(needs(Right.ADMIN))]
WebhookId = Annotated[str, Path(description="Id of a webhook.", max_length=64)]


class WebhookRequest(BaseModel):
    """An address that wants to be told of events."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://shop.example/hooks", "events": ["run.ended"]}]}
    )
    url: Annotated[str, Field(max_length=2000)]
    events: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        Field(max_length=20, description="`review.opened`, `review.decided`, `effect.done`, `run.ended`; empty: all."),
    ] = []


def _of(hook: Hook, secret: str | None = None) -> Webhook:
    return Webhook.model_validate({**asdict(hook), "created_at": moment(hook.created_at), "secret": secret})


def _hooks(place: Place) -> Hooks:
    return Hooks(place.project.resources.state, place.project.resources.clock)


@router.get("/webhooks", responses=problems())
async def list_webhooks(request: Request, person: Admin) -> list[Webhook]:
    """The webhooks of the project, with the numbers of their deliveries."""
    hooks = _hooks(place_of(request))
    return await aside(lambda: [_of(one) for one in hooks.list()])


@router.post("/webhooks", status_code=201, responses=problems())
async def add_webhook(request: Request, person: Admin, wanted: WebhookRequest) -> Webhook:
    """Tell an address of events. `secret`, the key of the signatures, is only in this answer."""
    hooks = _hooks(place_of(request))

    def add() -> Webhook:
        hook_id, secret = hooks.add(wanted.url, wanted.events, by=person.name)
        return next(_of(one, secret) for one in hooks.list() if one.webhook_id == hook_id)

    return await aside(add)


@router.delete("/webhooks/{webhook_id}", status_code=204, responses=problems(404))
async def remove_webhook(request: Request, person: Admin, webhook_id: WebhookId) -> Response:
    """Tell an address no more; deliveries that wait are dropped."""
    await aside(lambda: _hooks(place_of(request)).remove(webhook_id, by=person.name))
    return Response(status_code=204)


@router.post("/webhooks/{webhook_id}/retry", responses=problems(404))
async def retry_webhook(request: Request, person: Admin, webhook_id: WebhookId) -> Webhook:
    """Try its dead deliveries again."""
    hooks = _hooks(place_of(request))

    def retry() -> Webhook:
        hooks.retry(webhook_id)
        return next(_of(one) for one in hooks.list() if one.webhook_id == webhook_id)

    return await aside(retry)


class TicketChanged(BaseModel):
    """Which conversation changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"item_id": "T-4711"}, {"thread": "conversation-17"}]})
    item_id: Annotated[str, Field(max_length=500, description="Id of a message or a ticket: the item of reviews.")] = ""
    thread: Annotated[str, Field(max_length=500, description="What the help desk calls the conversation.")] = ""

    @model_validator(mode="after")
    def _one(self) -> TicketChanged:
        if not self.item_id and not self.thread:
            raise ValueError("item_id or thread is needed")
        return self


@notices.post("/hooks/ticket-changed", responses=problems(404))
async def ticket_changed(request: Request, changed: TicketChanged) -> Changed:
    """A help desk says that a conversation changed: its reviews are compared with what they were drafted from.

    A review whose rows or conversation changed becomes `stale`, and a decision that can still be undone is taken
    back. The call needs no token. It is signed like our own webhooks, with `web.hook_secret` of the settings: headers
    `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    """
    place = place_of(request)
    resources = place.project.resources
    secret = place.project.settings.web.hook_secret
    if secret is None:
        what = "this server takes no notices: web.hook_secret is not set"
        raise ApiError("hooks.off", what, status=404, fix='[tool.compound.web]\nhook_secret = "${env:HOOK_SECRET}"')
    body = await request.body()
    try:
        key = place.project.settings.web.secret_of_hooks(os.environ)
        require_signed(dict(request.headers), body, key, resources.clock())
    except BadSignatureError:
        place.limits.refused(request.client.host if request.client else "")
        raise
    checked, stale = await aside(lambda: reread(place.project, item_id=changed.item_id, thread=changed.thread))
    return Changed(checked=checked, stale=stale)
