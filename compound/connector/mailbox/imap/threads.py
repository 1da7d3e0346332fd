"""Letters as conversations: by what they answer, if their sender is one of the people of that conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from compound.connector.mailbox.imap.letters import Head


@dataclass(slots=True)
class Group:
    """A conversation: its letters, oldest first, and the people in it."""

    heads: list[Head] = field(default_factory=list[Head])
    people: set[str] = field(default_factory=set[str])

    def add(self, head: Head) -> None:
        """Add the next letter."""
        self.heads.append(head)
        self.people |= head.people | {head.sender}

    @property
    def id(self) -> str:
        """Id of the conversation: of its first letter."""
        return self.heads[0].id

    @property
    def is_whole(self) -> bool:
        """Whether the letter that the first one answers is here, if it answers one."""
        return not self.heads[0].parents


def groups_of(heads: Iterable[Head]) -> list[Group]:
    """Conversations of letters.

    Anybody can write the id of a letter into `References`. A letter belongs to the conversation that it names only if
    its sender wrote or received a letter of it; if not, it begins one of its own.
    """
    by_id: dict[str, Group] = {}
    found: list[Group] = []
    for head in sorted(heads, key=lambda one: (one.at, not one.is_ours, one.uid)):
        if head.id in by_id:
            continue  # a copy of the same letter in another folder
        group = next((by_id[one] for one in head.parents if one in by_id), None)
        if group is None or not (head.is_ours or head.sender in group.people):
            group = Group()
            found.append(group)
        group.add(head)
        by_id[head.id] = group
    return found
