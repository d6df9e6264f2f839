"""The table of the PostgreSQL ledger with its guards: how it is made, and how an existing one differs from that."""

import hashlib

from medicore.stores.ledger.postgres_session import Connection

_COLUMNS = ("at", "actor", "role", "action", "subject", "reason", "details", "previous", "digest")
_FOLLOW = """
BEGIN
  IF NEW.sequence IS DISTINCT FROM (SELECT coalesce(max(sequence), 0) + 1 FROM medicore.events) THEN
    RAISE EXCEPTION 'the ledger grows at its end alone' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
"""
_STAY = """
BEGIN
  RAISE EXCEPTION 'the ledger changes and forgets nothing' USING ERRCODE = 'insufficient_privilege';
END
"""

# Texts are compared byte by byte (collation C), so that order and prefixes do not depend on the server's locale.
# ENABLE ALWAYS: these triggers fire during replication too; plain triggers do not.
STATEMENTS = (
    "CREATE SCHEMA IF NOT EXISTS medicore",
    "CREATE TABLE medicore.events (sequence bigint PRIMARY KEY, "
    + ", ".join(f'{name} text COLLATE "C" NOT NULL' for name in _COLUMNS)
    + ")",
    "CREATE INDEX events_by_subject ON medicore.events (subject, sequence)",
    "CREATE INDEX events_by_action ON medicore.events (action, sequence)",
    f"CREATE FUNCTION medicore.events_follow() RETURNS trigger LANGUAGE plpgsql "
    f"SET search_path = pg_catalog AS $body${_FOLLOW}$body$",
    f"CREATE FUNCTION medicore.events_stay() RETURNS trigger LANGUAGE plpgsql "
    f"SET search_path = pg_catalog AS $body${_STAY}$body$",
    "CREATE TRIGGER events_follow BEFORE INSERT ON medicore.events "
    "FOR EACH ROW EXECUTE FUNCTION medicore.events_follow()",
    "CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON medicore.events "
    "FOR EACH STATEMENT EXECUTE FUNCTION medicore.events_stay()",
    "ALTER TABLE medicore.events ENABLE ALWAYS TRIGGER events_follow",
    "ALTER TABLE medicore.events ENABLE ALWAYS TRIGGER events_stay",
    "REVOKE ALL ON SCHEMA medicore FROM PUBLIC",
    "REVOKE ALL ON medicore.events FROM PUBLIC",
)

# What the catalogue says of the table, one text for each fact; pg_trigger.tgtype: 7 is before insert for each row,
# 58 is before update, delete or truncate for each statement.
_FACTS = """
WITH ledger AS (SELECT t.* FROM pg_class AS t JOIN pg_namespace AS n ON n.oid = t.relnamespace
                WHERE n.nspname = 'medicore' AND t.relname = 'events')
SELECT concat_ws(' ', 'table', relkind, relpersistence, relrowsecurity, relhasrules, relhassubclass) AS fact
  FROM ledger
UNION ALL
SELECT concat_ws(' ', 'column', attname, atttypid::regtype, attnotnull,
                 (SELECT collname FROM pg_collation AS c WHERE c.oid = attcollation))
  FROM pg_attribute, ledger WHERE attrelid = ledger.oid AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT concat_ws(' ', 'index', pg_get_indexdef(indexrelid), indisunique, indisvalid, indisready)
  FROM pg_index, ledger WHERE indrelid = ledger.oid
UNION ALL
SELECT concat_ws(' ', 'trigger', tgname, tgtype, tgenabled, tgqual IS NULL, tgattr::text = '', n.nspname, proname,
                 md5(prosrc))
  FROM pg_trigger JOIN pg_proc AS p ON p.oid = tgfoid JOIN pg_namespace AS n ON n.oid = pronamespace, ledger
  WHERE tgrelid = ledger.oid
UNION ALL
SELECT concat_ws(' ', 'constraint', conname, contype) FROM pg_constraint, ledger
  WHERE conrelid = ledger.oid AND contype <> 'n'
"""


async def exists(connection: Connection) -> bool:
    """Return whether the table exists."""
    # The query reads the tables themselves: to_regclass answers from a cache that may be older than the lock.
    found = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_class AS t JOIN pg_namespace AS n ON n.oid = t.relnamespace "
        "WHERE n.nspname = 'medicore' AND t.relname = 'events')"
    )
    return bool(found)


async def create(connection: Connection, lock: int) -> None:
    """Make the table and its guards in one transaction, unless another process has made them meanwhile."""
    await connection.execute(f"BEGIN; SELECT pg_advisory_xact_lock({lock})")
    if not await exists(connection):
        for statement in STATEMENTS:
            await connection.execute(statement)
    await connection.execute("COMMIT")


async def differences(connection: Connection) -> list[str]:
    """Return what the table lacks or has in addition; empty when it is as MediCore makes it."""
    bodies = {
        name: hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
        for name, body in (("events_follow", _FOLLOW), ("events_stay", _STAY))
    }
    expected = {
        "table r p f f f",
        "column sequence bigint t",
        *(f"column {name} text t C" for name in _COLUMNS),
        "index CREATE UNIQUE INDEX events_pkey ON medicore.events USING btree (sequence) t t t",
        "index CREATE INDEX events_by_subject ON medicore.events USING btree (subject, sequence) f t t",
        "index CREATE INDEX events_by_action ON medicore.events USING btree (action, sequence) f t t",
        f"trigger events_follow 7 A t t medicore events_follow {bodies['events_follow']}",
        f"trigger events_stay 58 A t t medicore events_stay {bodies['events_stay']}",
        "constraint events_pkey p",
    }
    found = {row["fact"] for row in await connection.fetch(_FACTS)}
    return [f"no {fact}" for fact in sorted(expected - found)] + [
        f"found {fact}" for fact in sorted(found - expected)
    ]
