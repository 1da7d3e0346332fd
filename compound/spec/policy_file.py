"""`graphs/policies/<name>.yaml`: what an application may do, and what only a person may decide."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from compound.spec.words import Age, Duration, Percent, parse_age, parse_duration
from compound.spec.yaml.mistakes import Mistake, refuse

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Money(_Part):
    """How much one effect may move."""

    argument: str | None = Field(default=None, description="Argument of the effect that is the amount.")
    tool: str | None = Field(
        default=None, description="Function of tools/ that takes the effect's arguments and returns the amount."
    )
    at_most: float = Field(ge=0, description="Above this it is refused, even after a decision.")
    automatic_at_most: float | None = Field(
        default=None, ge=0, description="Above this a person decides, even if an `auto` rule holds."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Money:
        if self.argument is None and self.tool is None:
            what = "the amount has no source"
            fix = "write argument: the argument that is the amount, or tool: the function that finds it"
            refuse([Mistake((), what, fix, at_key=True)], "Money")
        if self.argument is not None and self.tool is not None:
            what = "the amount has two sources, `argument` and `tool`"
            refuse([Mistake(("tool",), what, "keep one of them", at_key=True)], "Money")
        return self


class EffectRule(_Part):
    """Conditions of one effect."""

    automatic: bool = Field(default=False, description="Whether it may happen without a person.")
    queue: str | None = Field(default=None, description="The review queue whose decision it needs.")
    reviewers: tuple[str, ...] = Field(default=(), description="People who may decide it; empty: anybody.")
    money: Money | None = Field(default=None, description="Limits on its amount.")
    second: bool = Field(default=False, description="Whether two different people must approve it.")
    undo: Duration | None = Field(
        default=None,
        description="How long a decision that leads to it can be undone before its effects happen.",
    )

    @model_validator(mode="after")
    def _people_agree(self) -> EffectRule:
        if self.second and self.automatic:
            what = "two people must approve it, so it cannot be automatic"
            fix = "drop `second: true` or `automatic: true`"
            refuse([Mistake(("automatic",), what, fix, at_key=True)], "EffectRule")
        return self

    @property
    def undo_s(self) -> float:
        """`undo` in seconds; 0: effects happen at once."""
        return 0.0 if self.undo is None else parse_duration(self.undo)


class Retention(_Part):
    """How long the data of runs is stored, counted from the end of each run.

    Reviews that waited longer are withdrawn first, never approved. Nothing is removed of a run that is running, or with
    an effect of unknown outcome. The audit log is kept for ever, and so are the person, time, kind and hashes of each
    decision.
    """

    content: Age | None = Field(
        default=None,
        description="Text of customers and people: inputs and outputs of nodes, drafts, answers of models; "
        "hashes and sizes are kept. No limit by default.",
    )
    traces: Age | None = Field(
        default=None, description="Spans without content, and the cost of each call. No limit by default."
    )

    @property
    def content_s(self) -> float | None:
        """`content` in seconds; None: no limit."""
        return None if self.content is None else parse_age(self.content)

    @property
    def traces_s(self) -> float | None:
        """`traces` in seconds; None: no limit."""
        return None if self.traces is None else parse_age(self.traces)

    @model_validator(mode="after")
    def _content_first(self) -> Retention:
        content, traces = self.content_s, self.traces_s
        if traces is not None and (content is None or content > traces):
            said = "kept without limit" if content is None else f"kept for {self.content}"
            what = f"content is {said}, longer than the traces it belongs to ({self.traces})"
            fix = f"write content: {self.traces}, or a shorter time"
            path = ("traces",) if content is None else ("content",)
            refuse([Mistake(path, what, fix, at_key=True)], "Retention")
        return self


class Automatic(_Part):
    """What a certificate must prove before an `auto` rule may fire; without it, people decide."""

    error_at_most: Percent = Field(
        gt=0, lt=1, description="Maximum rate of wrong decisions without a person, counted by independent keys."
    )
    confidence: Percent = Field(ge=0.5, lt=1, description="Confidence of the certificate in that bound.")
    audit_share: Percent = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Random share of ready drafts that people decide, and of decisions that get a blind second look.",
    )
    thresholds: tuple[float, ...] = Field(
        default=(),
        max_length=10,
        description="Scores from which a rule with `score` may fire, highest first; tried in this order.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Automatic:
        if list(self.thresholds) != sorted(set(self.thresholds), reverse=True):
            what = "the thresholds must be in descending order, without repetition"
            right = ", ".join(f"{one:g}" for one in sorted(set(self.thresholds), reverse=True))
            refuse([Mistake(("thresholds",), what, f"write thresholds: [{right}]")], "Automatic")
        return self


class PolicyFile(_Part):
    """The whole file. An effect that it does not list is not allowed."""

    compound: Literal["policy/v1"] = Field(description="Format of the file.")
    name: Name = Field(description="Name in `policy:`, equal to the file's name.")
    description: str = Field(default="", description="For people: purpose and reasons for the limits.")
    effects: dict[str, EffectRule] = Field(description="Effect to its conditions; any other effect is refused.")
    automatic: Automatic | None = Field(
        default=None, description="Conditions for `auto` rules; without it, no rule fires."
    )
    canaries: Percent = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of reviews that are copies of decided ones with a planted fault, to measure whether "
        "reviewers catch it; never sent. At most this share; default none.",
    )
    retention: Retention = Field(
        default=Retention(), description="How long the data of runs is stored; no limit by default."
    )
