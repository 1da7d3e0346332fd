"""`llm`: one model call with a prompt file and a typed answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from compound.graph.run.telling import token_teller
from compound.language.json_schema import to_json_schema
from compound.language.validate import validator
from compound.model import Message, ModelRequest, ModelResponse, StreamRestart
from compound.model.call.types import CallKey

if TYPE_CHECKING:
    from jinja2 import Template
    from pydantic import JsonValue

    from compound.graph.planning.steps import Step
    from compound.graph.port.services import Services
    from compound.graph.run.active import NodeCall, Runner
    from compound.spec.nodes import LlmNode

_MAX_SHOWN: Final = 4000


def bind_llm(step: Step, services: Services) -> Runner:
    """The runner of an `llm` node; after two invalid answers the value is null, and the span has the reason."""
    from compound.graph.prompt.sandbox import compile_template

    node = cast("LlmNode", step.node)
    prompt = services.prompt(node.prompt)
    system = prompt.system if node.system is None else services.prompt(node.system).text
    templates = (
        compile_template(prompt.text, node.prompt),
        compile_template(system, node.system or node.prompt),
    )
    schema = None if step.out is None else to_json_schema(step.out, step.names)
    problems_of = _free_text if step.out is None else validator(step.out, step.names)
    gateway = services.gateway

    async def run(call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        text, rules = (render(template, inputs, call, node.prompt) for template in templates)
        request = ModelRequest(
            model=node.model,
            messages=(Message(role="user", content=text),),
            system=rules,
            output_schema=schema,
            max_tokens=node.max_tokens,
            temperature=node.temperature,
            inputs=inputs,
            prompt_name=node.prompt,
            prompt_version=prompt.version,
        )
        told = token_teller(call, 0)
        if told is not None and call.attempt > 1:
            await told(StreamRestart())
        response = await gateway.call(request, call=_key(call, 0), budget=call.run.budget, told=told)
        if response.abstained:
            return _abstain(call, response.reason or "the model gave no usable answer")
        value = response.text if schema is None else response.data
        problems = problems_of(value)
        if not problems:
            return value
        repair = _repair(request, response, problems)
        told = token_teller(call, 1)
        again = await gateway.call(repair, call=_key(call, 1), budget=call.run.budget, told=told)
        value = again.data
        problems = ["the model gave no usable answer"] if again.abstained else problems_of(value)
        return _abstain(call, "; ".join(problems[:5])) if problems else value

    return run


def _free_text(value: JsonValue) -> list[str]:
    return [] if isinstance(value, str) else ["the answer is not text"]


def render(template: Template, inputs: Mapping[str, JsonValue], call: NodeCall, path: str) -> str:
    """A filled prompt; errors name the file."""
    from jinja2 import TemplateError

    try:
        return template.render(inputs)
    except (TemplateError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        what = f"the prompt {path} cannot be filled: {error}"
        raise call.step.error("graph.bad-prompt", what, call.run.run_id) from error


def _key(call: NodeCall, index: int) -> CallKey:
    return CallKey(run_id=call.run.run_id, node=call.key, attempt=call.attempt, index=index)


def _repair(request: ModelRequest, response: ModelResponse, problems: list[str]) -> ModelRequest:
    shown = (response.text or str(response.data))[:_MAX_SHOWN]
    listed = "\n".join(f"- {problem}" for problem in problems)
    turns = (
        Message(role="assistant", content=shown or "(nothing)"),
        Message(role="user", content=f"That answer does not fit:\n{listed}\nAnswer again, complete and correct."),
    )
    return replace(request, messages=(*request.messages, *turns))


def _abstain(call: NodeCall, reason: str) -> JsonValue:
    call.span.set(abstained=True, abstain_reason=reason)
    call.remark = reason
    return None
