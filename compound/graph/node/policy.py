"""The policy of an application at run time: judges every effect before it is enqueued, and stores the judgement.

It checks again, for the actual arguments and decision, what `check` proved about the graph, because a model writes
the plan and people make the decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.errors import CompoundError
from compound.language.sha import sha

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import EffectCall
    from compound.graph.planning.steps import Step
    from compound.graph.port.services import Services
    from compound.graph.run.active import ActiveRun
    from compound.spec.graph_file import GraphSpec
    from compound.spec.policy_file import EffectRule, Money, PolicyFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The policy's judgement of one effect.

    Attributes:
        code: Empty if it may happen; otherwise `policy.<why>`.
        why: The reason; empty if it may happen.
        amount: Its amount; None if the policy does not limit it.
    """

    effect: str
    code: str = ""
    why: str = ""
    amount: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedBy:
    """Who decided; nobody if there was no review.

    Attributes:
        actor: A person, or `policy:<hash>`.
        queue: Of the review.
        first_by: The first of two approvers; empty if one person decided.
        is_trial: Whether it is a rehearsal, where the second approver is not known yet.
    """

    actor: str = ""
    queue: str = ""
    is_automatic: bool = True
    first_by: str = ""
    is_trial: bool = False


class PolicyGate:
    """One policy, with the tools that find amounts.

    Args:
        policy: The file.
        services: The project's look-ups.

    Raises:
        ProjectError: A tool that finds an amount is unknown.
    """

    def __init__(self, policy: PolicyFile, services: Services) -> None:
        self.policy = policy
        self.hash = sha(policy.model_dump_json(), 16)
        self._services = services
        self._amounts = {
            name: services.function(rule.money.tool)
            for name, rule in policy.effects.items()
            if rule.money is not None and rule.money.tool is not None
        }

    async def judge(self, calls: Sequence[EffectCall], decided: DecidedBy) -> list[Judgement]:
        """The policy's judgement of each effect, in order; nothing is recorded."""
        return [await self._one(call.name, call.arguments, decided) for call in calls]

    async def require(self, run: ActiveRun, step: Step, calls: Sequence[EffectCall], decided: DecidedBy) -> None:
        """Store the judgement of every effect, and allow all of them or none.

        Raises:
            NodeError: ``policy.not-allowed``, ``policy.needs-person``, ``policy.needs-second``,
                ``policy.wrong-queue``, ``policy.wrong-reviewer``, ``policy.too-much``, ``policy.no-amount``.
        """
        judgements = await self.judge(calls, decided)
        for one in judgements:
            self._services.log_policy(self._record(run, step.path, one, decided))
        refused = next((one for one in judgements if one.code), None)
        if refused is not None:
            what = f"the policy {self.policy.name} refuses {refused.effect}: {refused.why}"
            fix = "let a permitted person decide, or change the policy file"
            raise step.error(refused.code, what, run.run_id, fix=fix)

    async def _one(self, name: str, args: Mapping[str, JsonValue], decided: DecidedBy) -> Judgement:
        rule = self.policy.effects.get(name)
        if rule is None:
            return Judgement(effect=name, code="policy.not-allowed", why="the policy does not allow it")
        why = _of_decision(rule, decided)
        if why is not None:
            return Judgement(effect=name, code=why[0], why=why[1])
        if rule.money is None:
            return Judgement(effect=name)
        return await self._of_money(name, rule.money, args, decided)

    async def _of_money(self, name: str, money: Money, args: Mapping[str, JsonValue], decided: DecidedBy) -> Judgement:
        try:
            given = await self._amounts[name](args) if money.tool is not None else args.get(str(money.argument))
        except CompoundError as error:
            return Judgement(effect=name, code="policy.no-amount", why=f"its amount cannot be determined: {error.what}")
        if isinstance(given, bool) or not isinstance(given, int | float):
            return Judgement(effect=name, code="policy.no-amount", why=f"its amount {given!r} is not a number")
        amount = abs(float(given))
        if amount > money.at_most:
            why = f"{amount:g} is more than {money.at_most:g}"
            return Judgement(effect=name, code="policy.too-much", why=why, amount=amount)
        if decided.is_automatic and money.automatic_at_most is not None and amount > money.automatic_at_most:
            why = f"{amount:g} is more than {money.automatic_at_most:g}, and no person decided"
            return Judgement(effect=name, code="policy.needs-person", why=why, amount=amount)
        return Judgement(effect=name, amount=amount)

    def _record(self, run: ActiveRun, node: str, one: Judgement, decided: DecidedBy) -> dict[str, JsonValue]:
        return {
            "policy": self.policy.name,
            "policy_hash": self.hash,
            "run_id": run.run_id,
            "node": node,
            "effect": one.effect,
            "allowed": not one.code,
            "code": one.code,
            "why": one.why,
            "amount": one.amount,
            "actor": decided.actor,
            "automatic": decided.is_automatic,
        }


def _of_decision(rule: EffectRule, decided: DecidedBy) -> tuple[str, str] | None:
    if decided.is_automatic and not rule.automatic:
        return "policy.needs-person", "a person must decide it, but none did"
    if rule.second and not decided.is_trial and decided.first_by in ("", decided.actor):
        return "policy.needs-second", f"two people must approve it; so far: {decided.actor or 'nobody'}"
    if not decided.is_automatic and rule.reviewers and decided.actor not in rule.reviewers:
        return "policy.wrong-reviewer", f"{decided.actor} may not decide it; {', '.join(rule.reviewers)} may"
    if rule.queue is not None and not decided.is_automatic and decided.queue != rule.queue:
        return "policy.wrong-queue", f"it was decided in the queue {decided.queue!r}, not in {rule.queue!r}"
    return None


def longest_kept_s(spec: GraphSpec, services: Services) -> float | None:
    """How long the policy of a graph allows content to be stored, in seconds; None without limit.

    Raises:
        ProjectError: The policy is unknown or broken.
    """
    return None if spec.policy is None else services.policy(spec.policy).retention.content_s
