from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import BaseModel, JsonValue

from compound.effect import effect
from compound.errors import DataError, EffectRefused, ProjectError


class Cancel(BaseModel):
    order_id: str
    reason: str = "ordered by mistake"


@effect("cancel", target="shop")
def cancel(tx: dict[str, str], args: Cancel) -> JsonValue:
    """Cancel a pending order."""
    if tx.get(args.order_id) != "pending":
        raise EffectRefused("effect.wrong-status", f"{args.order_id} is {tx.get(args.order_id)}")
    tx[args.order_id] = "cancelled"
    return {"order_id": args.order_id}


def test_an_effect_knows_itself() -> None:
    assert (cancel.name, cancel.target, cancel.description) == ("cancel", "shop", "Cancel a pending order.")
    assert cancel.schema["required"] == ["order_id"]
    assert effect("x", target="shop", description="own words")(cancel.function).description == "own words"


def test_it_runs_in_the_targets_transaction() -> None:
    tx = {"#W1": "pending"}
    assert cancel.perform(tx, {"order_id": "#W1"}) == {"order_id": "#W1"}
    assert tx == {"#W1": "cancelled"}
    with pytest.raises(EffectRefused):
        cancel.perform(tx, {"order_id": "#W1"})


def test_arguments_that_do_not_fit_are_named() -> None:
    with pytest.raises(DataError, match="cancel: order_id: Field required") as caught:
        cancel.perform({}, {"reason": "x"})
    assert caught.value.code == "effect.bad-arguments"


def test_an_answer_that_is_no_json_is_found_inside_the_transaction() -> None:
    def bad(tx: object, args: Cancel) -> JsonValue:
        return {1, 2}  # pyright: ignore[reportReturnType]

    declared = effect("bad", target="shop")(_named(bad))
    with pytest.raises(DataError) as caught:
        declared.perform({}, {"order_id": "#W1"})
    assert caught.value.code == "effect.bad-result"


def _named(function: Callable[[object, Cancel], JsonValue]) -> Callable[[object, Cancel], JsonValue]:
    return function


def no_model(tx: object, args: str) -> JsonValue:
    return args


def one_parameter(args: Cancel) -> JsonValue:
    return args.order_id


async def asynchronous(tx: object, args: Cancel) -> JsonValue:
    return args.order_id


@pytest.mark.parametrize("function", [no_model, one_parameter, asynchronous])
def test_a_wrong_signature_is_told_at_declaration(function: Callable[..., JsonValue]) -> None:
    with pytest.raises(ProjectError, match=function.__name__) as caught:
        effect("x", target="shop")(function)
    assert caught.value.code == "effect.signature"
