"""Cases from folders with `tasks_*.json` and `expected_outcomes_*.json`, in either published format.

One format is a list of tasks (`instruction`, `actions` with `kwargs`) and a list of outcomes by `task_index`; the
other a list of tasks with an `id` (`user_scenario`, `evaluation_criteria`) and outcomes by that id. A task may have
its whole `ticket`, which then is the input.

Cases with an expected write that the shop itself refuses are kept, and tagged `gold: refused`: they expect that this
write changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from compound.errors import DataError, Location
from compound.evaluation import Case, CaseSet, SuiteContext, split
from tools.shop.rules import names

if TYPE_CHECKING:
    from pydantic import JsonValue

Record = Mapping[str, "JsonValue"]


def load(context: SuiteContext) -> CaseSet:
    """The cases of the context's folder; of its second folder, a section.

    If the planner learned from the same folder, the headline consists of the held-out customers in the learned file,
    and the folder's other files are sections.

    Raises:
        DataError: ``cases.none``, ``cases.broken``, ``cases.no-outcome``.
    """
    notes: list[str] = []
    files = dict(read_folder(context.cases_folder))
    sections: dict[str, Sequence[Case]] = {}
    choice = context.split
    if choice == "auto":
        is_learned = context.training is not None and context.training.resolve() == context.cases_folder.resolve()
        choice = "heldout" if is_learned and "train" in files else "all"
        if choice == "heldout":
            sections |= {name: cases for name, cases in files.items() if name != "train"}
            files = {"train": files["train"]}
    cases = [case for part in files.values() for case in part]
    if choice != "all":
        chosen = [case for case in cases if split(case.cluster_id or case.id) == choice]
        notes.append(f"{len(chosen)} of {len(cases)} cases: the {choice} half of the customers")
        cases = chosen
    if context.extra_cases is not None:
        extra = read_folder(context.extra_cases)
        sections |= {f"{context.extra_cases.name}/{name}": part for name, part in extra}
    return CaseSet(cases=cases, sections=sections, notes=notes)


def read_folder(folder: Path) -> Iterator[tuple[str, list[Case]]]:
    """Each pair of files by its name (`train`, `dev`) with its cases, in the order of the file.

    Raises:
        DataError: as `load`.
    """
    files = sorted(folder.glob("tasks_*.json"))
    if not files:
        raise DataError(
            "cases.none",
            f"no tasks_*.json in {folder}",
            fix="name a folder with tasks_*.json and expected_outcomes_*.json; `compound seed` makes one",
        )
    for file in files:
        name = file.stem.removeprefix("tasks_")
        tasks = cast("list[Record]", _read(file, list))
        expected = _read(file.with_name(f"expected_outcomes_{name}.json"), list | dict)
        outcomes = _outcomes(expected)
        yield name, [_case(task, index, outcomes, file, name) for index, task in enumerate(tasks)]


def _is_refused(outcome: Record) -> bool:
    """Whether an expected write fails; a look-up without a result is not a write."""
    errors = outcome.get("gold_action_errors")
    return any(str(error).split(":")[0] in names() for error in (errors if isinstance(errors, list) else []))


def _read(file: Path, kind: object) -> JsonValue:
    where = Location(str(file))
    try:
        data = cast("JsonValue", json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise DataError("cases.broken", f"cannot be read: {error}", where=where) from error
    if not isinstance(data, kind):  # pyright: ignore[reportArgumentType] # a class or a union of classes
        raise DataError("cases.broken", "is not a list or record of the expected format", where=where)
    return data


def _outcomes(data: JsonValue) -> dict[str, Record]:
    """Key of a task (its id, or its index) to its expected outcome."""
    if isinstance(data, dict):
        return {key: value for key, value in data.items() if isinstance(value, dict)}
    out: dict[str, Record] = {}
    for index, value in enumerate(data if isinstance(data, list) else []):
        if isinstance(value, dict):
            out[str(value.get("task_index", value.get("id", index)))] = value
    return out


def _case(task: Record, index: int, outcomes: Mapping[str, Record], file: Path, name: str) -> Case:
    key = str(task.get("id", index))
    outcome = outcomes.get(key) or outcomes.get(str(index))
    if outcome is None:
        raise DataError("cases.no-outcome", f"task {key} has no expected outcome", where=Location(str(file)))
    case_id = f"{file.parent.name}-{name}-{key}"
    actions = _actions(task)
    tags = {"set": f"{file.parent.name}/{name}"}
    tags |= {"gold": "refused"} if _is_refused(outcome) else {"gold": "done"}
    tags |= {tag: str(task[tag]) for tag in ("kind", "language", "topic") if isinstance(task.get(tag), str)}
    return Case(
        id=case_id,
        input={"ticket": _ticket(task, case_id)},
        expected={
            "db_diff": outcome.get("db_diff", []),
            "actions": cast("JsonValue", actions),
            "gold_action_errors": outcome.get("gold_action_errors", []),
        },
        cluster_id=_customer(task, outcome, actions),
        tags=tags,
    )


def _ticket(task: Record, case_id: str) -> JsonValue:
    ticket = task.get("ticket")
    if isinstance(ticket, dict):
        return ticket
    instruction = task.get("instruction")
    if isinstance(instruction, str):
        return {"id": case_id, "subject": "", "body": instruction}
    scenario = cast("Record", task.get("user_scenario") or {})
    told = cast("Record", scenario.get("instructions") or {})
    parts = (told.get(part) for part in ("known_info", "reason_for_call", "task_instructions"))
    body = "\n".join(part.strip() for part in parts if isinstance(part, str) and part.strip())
    return {"id": case_id, "subject": "", "body": body}


def _actions(task: Record) -> list[dict[str, JsonValue]]:
    """The expected actions as `{name, arguments}`, including look-ups."""
    criteria = cast("Record", task.get("evaluation_criteria") or {})
    given = task.get("actions") or criteria.get("actions") or []
    actions: list[dict[str, JsonValue]] = []
    for action in given if isinstance(given, list) else []:
        if isinstance(action, dict):
            arguments = action.get("kwargs", action.get("arguments", {}))
            actions.append({"name": action.get("name"), "arguments": arguments})
    return actions


def _customer(task: Record, outcome: Record, actions: Sequence[Record]) -> str | None:
    """The writer of the ticket, if the files name one."""
    for source in (task, outcome):
        if isinstance(source.get("user_id"), str):
            return str(source["user_id"])
    for action in actions:
        arguments = action["arguments"]
        if isinstance(arguments, dict) and isinstance(arguments.get("user_id"), str):
            return str(arguments["user_id"])
    return None
