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
        default=None, description="Function of tools/ that is given the effect's arguments and returns the amount."
    )
    at_most: float = Field(ge=0, description="Above this it is refused, whoever decided.")
    automatic_at_most: float | None = Field(
        default=None, ge=0, description="Above this a person decides, whatever an `auto` rule says."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Money:
        if self.argument is None and self.tool is None:
            what = "it does not say what the amount is"
            fix = "write argument: the argument that is the amount, or tool: the function that finds it"
            refuse([Mistake((), what, fix, at_key=True)], "Money")
        if self.argument is not None and self.tool is not None:
            what = "the amount has two sources, `argument` and `tool`"
            refuse([Mistake(("tool",), what, "keep one of them", at_key=True)], "Money")
        return self


class EffectRule(_Part):
    """What is asked of one effect."""

    automatic: bool = Field(default=False, description="It may happen without a person.")
    queue: str | None = Field(default=None, description="Only a decision from this review queue carries it.")
    reviewers: tuple[str, ...] = Field(default=(), description="Only these people may decide it; anybody if empty.")
    money: Money | None = Field(default=None, description="How much money it may move.")
    second: bool = Field(default=False, description="Two different people must approve it.")
    undo: Duration | None = Field(
        default=None, description="How long a decision that leads to it can be taken back before anything happens."
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
        """`undo` in seconds; 0 when it goes at once."""
        return 0.0 if self.undo is None else parse_duration(self.undo)


class Retention(_Part):
    """How long what runs leave behind is kept, counted from the end of each run.

    What has waited for a person for longer is withdrawn first, never approved. Of a run that is going on, or whose
    effect has no known end, nothing is removed; the audit log, and of each decision who, when, what kind and its
    hashes, stay for ever.
    """

    content: Age | None = Field(
        default=None,
        description="Words of customers and people: inputs and outputs of nodes, drafts, answers of models; "
        "hashes and sizes stay. Without limit when left out.",
    )
    traces: Age | None = Field(
        default=None, description="Spans without content, and what each call cost. Without limit when left out."
    )

    @property
    def content_s(self) -> float | None:
        """`content` in seconds; None without limit."""
        return None if self.content is None else parse_age(self.content)

    @property
    def traces_s(self) -> float | None:
        """`traces` in seconds; None without limit."""
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
    """What a certificate must prove before an `auto` rule of a graph may fire; without one, people decide."""

    error_at_most: Percent = Field(
        gt=0, lt=1, description="Most decisions without a person that may be wrong, counted by independent keys."
    )
    confidence: Percent = Field(ge=0.5, lt=1, description="How sure the certificate is of that bound.")
    audit_share: Percent = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Random share that goes to people all the same, to label it.",
    )
    thresholds: tuple[float, ...] = Field(
        default=(),
        max_length=10,
        description="Scores from which a rule with `score` may fire, the highest first; tried in this order.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Automatic:
        if list(self.thresholds) != sorted(set(self.thresholds), reverse=True):
            what = "the thresholds are not in the order in which they are tried: the highest first, each once"
            right = ", ".join(f"{one:g}" for one in sorted(set(self.thresholds), reverse=True))
            refuse([Mistake(("thresholds",), what, f"write thresholds: [{right}]")], "Automatic")
        return self


class PolicyFile(_Part):
    """The whole file. An effect that it does not name may not happen."""

    compound: Literal["policy/v1"] = Field(description="Format of the file.")
    name: Name = Field(description="As graphs name it in `policy:`, and as the file is called.")
    description: str = Field(default="", description="For people: what the application is for, and why these limits.")
    effects: dict[str, EffectRule] = Field(description="Effect to what is asked of it; any other is refused.")
    automatic: Automatic | None = Field(
        default=None, description="What lets an `auto` rule fire; when left out, none ever does."
    )
    retention: Retention = Field(
        default=Retention(), description="How long what runs leave behind is kept; without limit when left out."
    )
