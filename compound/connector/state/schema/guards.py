"""What the database itself refuses, from any program: changes of the audit log, decisions that nobody may make.

Statements by dialect, for a new store. Migrations hold their own words, which never change: to change a guard
here, write a migration too, or the comparison of both ways fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

_FINAL = "audit rows never change"
AUDIT: Final[Mapping[str, Sequence[str]]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_no_{change.lower()} BEFORE {change} ON audit BEGIN SELECT RAISE(ABORT, '{_FINAL}'); END"
        for change in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        f"""
CREATE FUNCTION audit_is_final() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_FINAL}'; END $$
""",
        *(
            f"CREATE TRIGGER audit_no_{change.lower()} BEFORE {change} ON audit FOR EACH ROW"
            " EXECUTE FUNCTION audit_is_final()"
            for change in ("UPDATE", "DELETE")
        ),
    ),
}
_AGENT = "an agent never decides"
_ALONE = "a second person must agree"
_DECISIONS_SQLITE = (
    f"""
CREATE TRIGGER decision_by_agent BEFORE INSERT ON decision
WHEN NEW.actor = 'graph' OR substr(NEW.actor, 1, 6) = 'agent:' OR EXISTS (
  SELECT 1 FROM account, json_each(account.roles) AS role WHERE account.name = NEW.actor AND role.value = 'agent')
BEGIN SELECT RAISE(ABORT, '{_AGENT}'); END
""",
    f"""
CREATE TRIGGER decision_by_one BEFORE INSERT ON decision
WHEN NEW.final AND NEW.action NOT IN ('reject', 'return', 'escalate') AND EXISTS (
  SELECT 1 FROM review, json_each(review.second) AS two
  WHERE review.review_id = NEW.review_id AND two.value = NEW.action)
AND NOT EXISTS (
  SELECT 1 FROM decision AS first
  WHERE first.review_id = NEW.review_id AND NOT first.final AND first.actor <> NEW.actor)
BEGIN SELECT RAISE(ABORT, '{_ALONE}'); END
""",
)
_DECISIONS_POSTGRESQL = (
    f"""
CREATE FUNCTION decision_may_be_made() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.actor = 'graph' OR substr(NEW.actor, 1, 6) = 'agent:' OR EXISTS (
    SELECT 1 FROM account WHERE name = NEW.actor AND jsonb_exists(CAST(roles AS jsonb), 'agent'))
  THEN RAISE EXCEPTION '{_AGENT}'; END IF;
  IF NEW.final AND NEW.action NOT IN ('reject', 'return', 'escalate') AND EXISTS (
    SELECT 1 FROM review WHERE review_id = NEW.review_id AND jsonb_exists(CAST(second AS jsonb), NEW.action))
  AND NOT EXISTS (
    SELECT 1 FROM decision WHERE review_id = NEW.review_id AND NOT final AND actor <> NEW.actor)
  THEN RAISE EXCEPTION '{_ALONE}'; END IF;
  RETURN NEW;
END $$
""",
    """
CREATE TRIGGER decision_may_be_made BEFORE INSERT ON decision
FOR EACH ROW EXECUTE FUNCTION decision_may_be_made()
""",
)
DECISIONS: Final[Mapping[str, Sequence[str]]] = {"sqlite": _DECISIONS_SQLITE, "postgresql": _DECISIONS_POSTGRESQL}
"""The queue refuses both before."""
