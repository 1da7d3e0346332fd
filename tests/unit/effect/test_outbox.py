from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import anyio
import pytest

from compound.connector.state.owner import this_owner
from compound.effect import DeliveryClass, EffectCall, EffectGroup, EffectOutcome
from compound.effect.rows import effect_key_of
from compound.effect.types import EffectStatus
from compound.errors import ConflictError, ConnectorError, DataError, EffectInDoubt, EffectRefused, ProjectError
from compound.review.queue.queue import ReviewQueue
from compound.review.stored.types import Draft, NewReview
from tests.unit.effect.outbox_desk import CANCEL, MOVE, SEND, Desk, Fake

if TYPE_CHECKING:
    from pydantic import JsonValue


def test_a_group_happens_once(desk: Desk) -> None:
    keys = desk.enqueue("d1", [CANCEL, MOVE], run_id="r", versions={"orders/#W1": 3})
    assert keys == [effect_key_of("d1", "cancel", 0), effect_key_of("d1", "move", 1)]
    assert desk.enqueue("d1", [CANCEL, MOVE], run_id="r") == keys
    shop = Fake()
    first = desk.results(keys, {"shop": shop})
    assert desk.results(keys, {"shop": shop}) == first
    assert [(result.status, result.result, result.attempts) for result in first] == [
        (EffectStatus.SENT, {"did": "cancel"}, 1),
        (EffectStatus.SENT, {"did": "move"}, 1),
    ]
    (group,) = shop.groups
    assert [effect.name for effect in group.effects] == ["cancel", "move"]
    assert (group.expected_versions, group.run_id, group.decision_id) == ({"orders/#W1": 3}, "r", "d1")


def test_other_effects_under_the_same_name_are_refused(desk: Desk) -> None:
    desk.enqueue("d1", [CANCEL])
    for other in ([EffectCall(name="cancel", target="shop", arguments={})], [CANCEL, MOVE], [MOVE]):
        with pytest.raises(ConflictError) as caught:
            desk.enqueue("d1", other)
        assert caught.value.code == "effect.key-conflict"
    assert desk.enqueue("d1", [MOVE], node="second") != desk.enqueue("d1", [CANCEL])
    assert len(desk.outbox.for_decision("d1")) == 2
    assert desk.enqueue("d1", []) == []


def test_a_refusal_is_for_the_whole_group_and_for_ever(desk: Desk) -> None:
    keys = desk.enqueue("d1", [CANCEL, SEND, MOVE])
    shop, mail = Fake(answers=[EffectRefused("effect.stale", "orders/#W1 changed"), "sent"]), Fake()
    for _ in range(2):
        results = desk.results(keys, {"shop": shop, "desk": mail})
        assert [result.status for result in results] == ["refused", "cancelled", "refused"]
        assert results[0].error is not None
        assert results[0].error["code"] == "effect.stale"
    assert (len(shop.groups), mail.groups) == (1, [])


def test_a_refused_answer_counts_as_a_refusal(desk: Desk) -> None:
    keys = desk.enqueue("d1", [CANCEL])
    assert desk.deliver(keys, shop=Fake(answers=["refused"])) == ["refused"]


@pytest.mark.parametrize(
    ("delivery_class", "status"), [("A", "failed"), ("B", "failed"), ("C", "failed"), ("D", "unknown")]
)
def test_an_error_leaves_a_doubt_that_the_class_decides(desk: Desk, delivery_class: DeliveryClass, status: str) -> None:
    keys = desk.enqueue("d1", [CANCEL])
    shop = Fake(delivery_class=delivery_class, answers=[ConnectorError("shop.gone", "no answer"), "sent"])
    assert desk.deliver(keys, shop=shop) == [status]
    assert desk.deliver(keys, shop=shop) == (["unknown"] if status == "unknown" else ["sent"])
    assert len(shop.groups) == (1 if status == "unknown" else 2)


@pytest.mark.parametrize(
    ("found", "status", "performed"),
    [
        ("sent", "sent", 1),
        ("refused", "refused", 1),
        (None, "sent", 2),
        (ConnectorError("desk.gone", "x"), "failed", 1),
        (EffectInDoubt("desk.in-doubt", "x"), "unknown", 1),
    ],
)
def test_class_c_is_looked_up_before_it_is_sent_again(
    desk: Desk, found: str | Exception | None, status: str, performed: int
) -> None:
    keys = desk.enqueue("d1", [CANCEL])
    mail = Fake(delivery_class="C", answers=[ConnectorError("desk.gone", "the connection broke"), "sent"])
    assert desk.deliver(keys, shop=mail) == ["failed"]
    mail.found = found
    assert desk.deliver(keys, shop=mail) == [status]
    assert len(mail.groups) == performed


@pytest.mark.parametrize("refusal", [EffectRefused("effect.stale", "orders/#W1 changed"), "refused"])
@pytest.mark.parametrize(("delivery_class", "status"), [("A", "refused"), ("B", "unknown")])
def test_class_b_that_is_refused_at_the_second_delivery_may_have_happened_at_the_first(
    desk: Desk, refusal: str | BaseException, delivery_class: DeliveryClass, status: str
) -> None:
    keys = desk.enqueue("d1", [CANCEL])
    shop = Fake(delivery_class=delivery_class, answers=[ConnectorError("shop.gone", "no answer"), refusal])
    assert desk.deliver(keys, shop=shop) == ["failed"]
    assert desk.deliver(keys, shop=shop) == [status]
    assert len(shop.groups) == 2


def test_a_target_that_cannot_find_out_leaves_it_to_a_person(desk: Desk) -> None:
    keys = desk.enqueue("d1", [CANCEL])
    shop = Fake(delivery_class="C", answers=[EffectInDoubt("desk.in-doubt", "the line broke"), "sent"])
    assert desk.deliver(keys, shop=shop) == ["unknown"]
    assert desk.deliver(keys, shop=shop) == ["unknown"]
    assert len(shop.groups) == 1


def test_a_target_that_breaks_its_promise_is_not_believed(desk: Desk) -> None:
    keys = desk.enqueue("d1", [CANCEL, MOVE])
    shop = Fake(answers=["mixed", "sent"])
    assert desk.deliver(keys, shop=shop) == ["unknown", "unknown"]
    assert desk.deliver(keys, shop=shop) == ["unknown", "unknown"]
    assert len(shop.groups) == 1


@pytest.mark.parametrize(("delivery_class", "status"), [("A", "failed"), ("D", "unknown")])
def test_a_cancelled_delivery_is_written_down(desk: Desk, delivery_class: DeliveryClass, status: str) -> None:
    keys = desk.enqueue("d1", [CANCEL])

    async def deliver_for_a_moment() -> None:
        with anyio.move_on_after(0.05):
            await desk.outbox.deliver(keys, {"shop": Fake(delivery_class=delivery_class, answers=["hang"])})

    anyio.run(deliver_for_a_moment)
    assert [result.status for result in desk.outbox.results(keys)] == [status]


def leave_sending(desk: Desk, keys: Sequence[str], monkeypatch: pytest.MonkeyPatch, owner: str) -> None:
    """As a process does that is killed while the target is at work."""
    from compound.effect.delivery import Delivery  # pyright: ignore[reportPrivateUsage]

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Delivery, "_move", killed)
        patched.setattr(import_module("compound.effect.delivery"), "this_owner", lambda: owner)
        with pytest.raises(KeyboardInterrupt):
            desk.deliver(keys, shop=Fake())
    assert [result.status for result in desk.outbox.results(keys)] == ["sending"] * len(keys)


@pytest.mark.parametrize(
    ("delivery_class", "found", "status", "performed"),
    [
        ("A", None, "sent", 1),
        ("B", None, "sent", 1),
        ("C", None, "sent", 1),
        ("C", "sent", "sent", 0),
        ("C", "refused", "refused", 0),
        ("C", ConnectorError("desk.gone", "x"), "unknown", 0),
        ("D", None, "unknown", 0),
    ],
)
def test_what_a_dead_process_left_behind(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    delivery_class: DeliveryClass,
    found: str | Exception | None,
    status: str,
    performed: int,
) -> None:
    host, _, _ = this_owner().split("|")
    keys = desk.enqueue("d1", [CANCEL])
    leave_sending(desk, keys, monkeypatch, f"{host}|{2**22 + 1}|1")
    shop = Fake(delivery_class=delivery_class, found=found)
    assert desk.deliver(keys, shop=shop) == [status]
    assert desk.deliver(keys, shop=shop) == [status]
    assert len(shop.groups) == performed


def test_what_another_machine_does_is_believed_for_its_lease(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = desk.enqueue("d1", [CANCEL])
    leave_sending(desk, keys, monkeypatch, "elsewhere|1|1")
    shop = Fake()
    assert desk.deliver(keys, shop=shop) == ["sending"]
    desk.clock[0] += 301
    assert desk.deliver(keys, shop=shop) == ["sent"]


def test_two_deliveries_at_once_perform_once(desk: Desk) -> None:
    keys = desk.enqueue("d1", [CANCEL])
    shop = Fake()

    async def deliver_twice() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(desk.outbox.deliver, keys, {"shop": shop})

    anyio.run(deliver_twice)
    assert len(shop.groups) == 1
    assert [result.status for result in desk.outbox.results(keys)] == ["sent"]


def test_an_effect_can_be_cancelled_until_it_goes_out(desk: Desk) -> None:
    keys = desk.enqueue("d1", [CANCEL, MOVE])
    shop = Fake()
    assert {result.status for result in desk.outbox.cancel(keys[:1], actor="ann")} == {EffectStatus.CANCELLED}
    assert desk.deliver(keys, shop=shop) == ["cancelled", "cancelled"]
    late = desk.enqueue("d2", [CANCEL])
    assert desk.deliver(late, shop=shop) == ["sent"]
    with pytest.raises(ConflictError) as caught:
        desk.outbox.cancel([*keys, *late], actor="ann")
    assert caught.value.code == "effect.too-late"
    assert len(shop.groups) == 1


@pytest.mark.parametrize(("happened", "status", "performed"), [(True, "sent", 1), (False, "sent", 2)])
def test_a_person_ends_what_is_unknown(desk: Desk, happened: bool, status: str, performed: int) -> None:
    keys = desk.enqueue("d1", [CANCEL, MOVE])
    shop = Fake(delivery_class="D", answers=[OSError("broken pipe"), "sent"])
    desk.deliver(keys, shop=shop)
    desk.outbox.reconcile(keys[0], happened=happened, user="ann", note="looked it up")
    assert desk.deliver(keys, shop=shop) == [status, status]
    assert len(shop.groups) == performed
    with pytest.raises(ConflictError) as caught:
        desk.outbox.reconcile(keys[0], happened=True, user="ann", note="again")
    assert caught.value.code == "effect.not-unknown"


def test_a_later_group_waits_for_the_earlier_one(desk: Desk) -> None:
    keys = desk.enqueue("d1", [CANCEL, SEND])
    shop, mail = Fake(answers=[OSError("x"), "sent"]), Fake()
    assert desk.deliver(keys, shop=shop, desk=mail) == ["failed", "scheduled"]
    assert desk.deliver(keys, shop=shop, desk=mail) == ["sent", "sent"]


def test_only_a_standing_approval_allows_effects(desk: Desk) -> None:
    queue = ReviewQueue(desk.store)
    item = queue.open_review(NewReview(run_id="r", node="review", draft=Draft(text="hi"), refs={"orders/#W1": 3}))
    approved = queue.decide(item.review_id, "approve", user="ann", version=1)
    keys = desk.enqueue(approved.decision_id, [CANCEL], versions=approved.refs)
    shop = Fake()
    desk.deliver(keys, shop=shop)
    assert shop.groups[0].expected_versions == {"orders/#W1": 3}
    stale = queue.reopen(item.review_id, EffectRefused("effect.stale", "x"))
    with pytest.raises(ConflictError) as caught:
        desk.enqueue(approved.decision_id, [SEND])
    assert caught.value.code == "effect.not-decided"
    again = queue.redraft(item.review_id, user="ann", version=stale.version)
    rejected = queue.decide(item.review_id, "reject", user="ann", version=again.version, reason="other")
    for decision in (approved, rejected):
        with pytest.raises(ConflictError):
            desk.enqueue(decision.decision_id, [SEND])


def again(desk: Desk, decision: str, effects: Sequence[EffectCall]) -> list[str]:
    return desk.enqueue(decision, effects, run_id="r", node="apply")


def test_what_an_earlier_decision_has_done_is_not_done_for_a_later_one(desk: Desk) -> None:
    shop, refusing = Fake(), Fake(answers=["refused"])
    first = again(desk, "d1", [CANCEL, SEND])
    assert desk.deliver(first, shop=shop, desk=refusing) == [EffectStatus.SENT, EffectStatus.REFUSED]
    second = again(desk, "d2", [CANCEL, MOVE, SEND])
    assert (second[0], first[0] in second[1:]) == (first[0], False)
    assert again(desk, "d2", [CANCEL, MOVE, SEND]) == second  # after a crash between writing and delivering
    assert desk.deliver(second, shop=shop, desk=Fake()) == [EffectStatus.SENT] * 3
    assert [effect.name for group in shop.groups for effect in group.effects] == ["cancel", "move"]
    assert again(desk, "d2", [CANCEL, MOVE, SEND]) == second
    third = again(desk, "d3", [CANCEL, CANCEL])
    assert (third[0], third[1] != first[0]) == (first[0], True)
    assert [one.call.name for one in desk.outbox.for_run("r")].count("cancel") == 2


def test_another_run_or_node_does_its_own(desk: Desk) -> None:
    first = again(desk, "d1", [CANCEL])
    desk.deliver(first, shop=Fake())
    assert desk.enqueue("d2", [CANCEL], run_id="r", node="other") != first
    assert desk.enqueue("d2", [CANCEL], run_id="s", node="apply") != first


def test_what_an_earlier_decision_only_scheduled_is_taken_back(desk: Desk) -> None:
    first = again(desk, "d1", [CANCEL])
    second = again(desk, "d2", [CANCEL])
    assert [one.status for one in desk.outbox.results([*first, *second])] == [
        EffectStatus.CANCELLED,
        EffectStatus.SCHEDULED,
    ]


@pytest.mark.parametrize("doubt", ["D", "A"])
def test_a_later_decision_waits_for_the_end_of_what_may_have_happened(desk: Desk, doubt: DeliveryClass) -> None:
    first = again(desk, "d1", [CANCEL])
    desk.deliver(first, shop=Fake(delivery_class=doubt, answers=[OSError("no answer")]))
    with pytest.raises(ConflictError, match="it may have happened") as refused:
        again(desk, "d2", [CANCEL])
    assert refused.value.code == "effect.unsettled"


def test_amounts_are_compared_by_what_they_say_not_by_how_they_are_spelled(desk: Desk) -> None:
    def whole(_name: str, args: Mapping[str, JsonValue]) -> JsonValue:
        return {key: float(value) if isinstance(value, int) else value for key, value in args.items()}

    ten, also_ten = (EffectCall(name="pay", target="shop", arguments={"amount": one}) for one in (10, 10.0))
    first = desk.enqueue("d1", [ten], run_id="r", node="n", canonical=whole)
    desk.deliver(first, shop=Fake())
    assert desk.enqueue("d2", [also_ten], run_id="r", node="n", canonical=whole) == first


def test_unknown_keys_and_targets(desk: Desk) -> None:
    with pytest.raises(DataError) as unknown_key:
        desk.deliver(["nope"])
    assert unknown_key.value.code == "effect.unknown-key"
    keys = desk.enqueue("d1", [CANCEL])
    with pytest.raises(ProjectError, match="did you mean 'shops'") as unknown_target:
        desk.deliver(keys, shops=Fake())
    assert unknown_target.value.code == "effect.unknown-target"
    assert desk.deliver(keys, shop=Fake()) == ["sent"]


def test_a_result_may_be_any_json(desk: Desk) -> None:
    results: list[JsonValue] = [None, 0, "", {"a": [1.5, None]}]

    class Answers(Fake):
        async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
            return [
                EffectOutcome(key=effect.key, status="sent", result=result)
                for effect, result in zip(group.effects, results, strict=True)
            ]

    keys = desk.enqueue("d1", [EffectCall(name="x", target="shop", arguments={}) for _ in results])
    assert [result.result for result in desk.results(keys, {"shop": Answers()})] == results
