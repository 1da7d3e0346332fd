"""Programs and identity: sign-ins, requests with a key, webhooks; who may decide, held by the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v1_0013"
down_revision = "v1_0012"


def upgrade() -> None:
    """Seven tables, and two guards of decisions."""
    _people()
    _programs()
    _guard_decisions(op.get_bind().dialect.name)


def _people() -> None:
    op.create_table(
        "account_identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_account_identity")),
    )
    op.create_table(
        "oidc_login",
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_oidc_login")),
    )
    op.create_table(
        "sign_in_failure", sa.Column("what", sa.Text(), nullable=False), sa.Column("at", sa.Double(), nullable=False)
    )
    op.create_index(op.f("ix_sign_in_failure_what_at"), "sign_in_failure", ["what", "at"], unique=False)


def _programs() -> None:
    op.create_table(
        "api_request",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload_sha256", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.Double(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_api_request")),
    )
    op.create_index(op.f("ix_api_request_created_at"), "api_request", ["created_at"], unique=False)
    op.create_table(
        "webhook",
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("happened_at", sa.Double(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(op.f("ix_webhook_delivery_status_due_at"), "webhook_delivery", ["status", "due_at"], unique=False)
    op.create_table(
        "webhook_event",
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", "event", name=op.f("pk_webhook_event")),
    )


_AGENT = "an agent never decides"
_ALONE = "a second person must agree"
_ON_SQLITE = (
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
_ON_POSTGRESQL = (
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


def _guard_decisions(dialect: str) -> None:
    """The queue refuses both before; the database refuses them from any program."""
    for statement in _ON_POSTGRESQL if dialect == "postgresql" else _ON_SQLITE:
        op.get_bind().exec_driver_sql(statement)
