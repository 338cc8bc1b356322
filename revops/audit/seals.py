"""Seal batches of append-only rows with a chain of hashes, and check the chain.

Writing rows is never serialised: a batch is sealed some minutes later, when no transaction that
may have drawn one of its ids is open any more. A row is hashed as JSON without its empty
columns, so a column added later leaves old seals intact.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from psycopg import sql

from revops.audit.models import Seal, SealMark
from revops.audit.triggers import append_only_tables

if TYPE_CHECKING:
    from datetime import datetime

logger = logging.getLogger(__name__)

BATCH = 10_000
SETTLE = timedelta(minutes=3)
SEAL_LOCK = 7_301_905
DIGEST_BYTES = 8
# Seals are the chain itself.
UNSEALED = frozenset({"audit_seal"})

ROWS = """
SELECT t.id, (
    SELECT jsonb_object_agg(key, value)::text FROM jsonb_each(to_jsonb(t)) WHERE value <> 'null'
) FROM {table} t WHERE t.id BETWEEN %s AND %s ORDER BY t.id
"""

# Transactions of this database alone: the server's other databases must not hold up sealing.
# Lock rows show numbers that wrap around; an older one is less than half a circle behind.
TRANSACTIONS = 2**32
OLDER_IS_OPEN = """
SELECT EXISTS (
    SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
        AND a.datname = current_database() AND l.pid <> pg_backend_pid()
        AND mod(%s - l.transactionid::text::bigint + 4294967296, 4294967296)
            BETWEEN 1 AND 2147483647
)
"""


@dataclass(frozen=True)
class Rows:
    """What a range of rows amounts to; `digests` has eight bytes a row, in the order of ids."""

    ids: tuple[int, ...]
    sha256: str
    digests: bytes


def seal_batches(*, at: datetime) -> int:
    """Seal what has settled since the last run and return the number of new seals.

    Two runs at once do no harm: the second one leaves.
    """
    count = 0
    with transaction.atomic():
        if not is_only_sealer():
            return 0
        for table in sealed_tables():
            settled = settled_id(table=table, at=at)
            while settled is not None and seal_next(table=table, settled=settled, at=at):
                count += 1
            remember_newest(table=table, at=at)
    if count:
        logger.info("Sealed %d batches; the chain's head is %s", count, head())
    return count


def head() -> str:
    """Return the newest seal's hash; kept elsewhere it shows that seals were cut off."""
    seal = Seal.objects.order_by("-id").first()
    return seal.seal_sha256 if seal else ""


def verify_seals(*, expected_head: str = "") -> list[str]:
    """Check the chain and every sealed row; return one sentence per damage, oldest first.

    Args:
        expected_head: A head noted earlier; the chain must still contain it.
    """
    findings = []
    previous = ""
    hashes = set()
    for seal in Seal.objects.order_by("id").iterator(chunk_size=100):
        hashes.add(seal.seal_sha256)
        if seal.previous_sha256 != previous:
            findings.append(f"audit_seal {seal.pk}: it does not follow the seal before it")
        if seal.seal_sha256 != seal_hash(seal):
            findings.append(f"audit_seal {seal.pk}: its hash is not that of its content")
        damage = damage_of(seal)
        if damage:
            findings.append(damage)
        previous = seal.seal_sha256
    if expected_head and expected_head not in hashes:
        findings.append(f"audit_seal: the chain has lost its seal {expected_head}")
    return findings


def is_only_sealer() -> bool:
    """Take the sealers' lock until the end of the transaction, if it is free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        (is_free,) = cursor.fetchone()
    return bool(is_free)


def sealed_tables() -> list[str]:
    """Return the append-only tables with a numeric id, which is what a range needs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND column_name = 'id' AND data_type IN ('bigint', 'integer')"
        )
        numbered = {table for (table,) in cursor.fetchall()}
    return [table for table in append_only_tables() if table in numbered - UNSEALED]


def settled_id(*, table: str, at: datetime) -> int | None:
    """Return the id up to which no row can appear any more, or None when that is not known.

    The mark holds the newest id of an earlier run. It has settled when some minutes have passed
    and every transaction that was open then has ended.
    """
    mark = SealMark.objects.filter(table=table, seen_at__lte=at - SETTLE).first()
    if mark is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(OLDER_IS_OPEN, [mark.next_transaction % TRANSACTIONS])
        (is_open,) = cursor.fetchone()
    return None if is_open else mark.last_id


def remember_newest(*, table: str, at: datetime) -> None:
    """Note the newest id, unless an earlier note still waits to settle."""
    mark = SealMark.objects.filter(table=table).first()
    last = last_sealed_id(table=table)
    if mark is not None and mark.last_id > last:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT max(id), pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM {}"
            ).format(sql.Identifier(table))
        )
        newest, next_transaction = cursor.fetchone()
    if newest is not None and newest > last:
        SealMark.objects.update_or_create(
            table=table,
            defaults={"last_id": newest, "next_transaction": next_transaction, "seen_at": at},
        )


def last_sealed_id(*, table: str) -> int:
    """Return the last id under a seal; 0 when there is none."""
    seal = Seal.objects.filter(table=table).order_by("-last_id").first()
    return seal.last_id if seal else 0


def seal_next(*, table: str, settled: int, at: datetime) -> Seal | None:
    """Seal the next batch up to id `settled`; return None when nothing is left."""
    first = last_sealed_id(table=table) + 1
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT max(id) FROM (SELECT id FROM {} WHERE id BETWEEN %s AND %s"
                " ORDER BY id LIMIT %s) AS batch"
            ).format(sql.Identifier(table)),
            [first, settled, BATCH],
        )
        (last,) = cursor.fetchone()
    if last is None:
        return None
    rows = rows_of(table=table, first=first, last=last)
    seal = Seal(
        table=table,
        first_id=first,
        last_id=last,
        row_count=len(rows.ids),
        rows_sha256=rows.sha256,
        row_digests=rows.digests,
        previous_sha256=head(),
        sealed_at=at,
    )
    seal.seal_sha256 = seal_hash(seal)
    seal.save(force_insert=True)
    return seal


def seal_hash(seal: Seal) -> str:
    """Return the hash that the next seal names as its predecessor."""
    words = (
        seal.previous_sha256,
        seal.table,
        seal.first_id,
        seal.last_id,
        seal.row_count,
        seal.rows_sha256,
        bytes(seal.row_digests).hex(),
        seal.sealed_at.astimezone(UTC).isoformat(),
    )
    return hashlib.sha256("\n".join(map(str, words)).encode()).hexdigest()


def rows_of(*, table: str, first: int, last: int) -> Rows:
    """Read and hash the rows of a range."""
    ids = []
    digests = bytearray()
    whole = hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(ROWS).format(table=sql.Identifier(table)), [first, last])
        for row_id, row in cursor.fetchall():
            digest = hashlib.sha256(row.encode()).digest()
            ids.append(row_id)
            digests += digest[:DIGEST_BYTES]
            whole.update(digest)
    return Rows(ids=tuple(ids), sha256=whole.hexdigest(), digests=bytes(digests))


def damage_of(seal: Seal) -> str:
    """Return a sentence naming the first bad row under the seal, or nothing."""
    rows = rows_of(table=seal.table, first=seal.first_id, last=seal.last_id)
    if rows.sha256 == seal.rows_sha256 and len(rows.ids) == seal.row_count:
        return ""
    sealed = bytes(seal.row_digests)
    for place, row_id in enumerate(rows.ids):
        span = slice(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES)
        if rows.digests[span] != sealed[span]:
            before = rows.ids[place - 1] if place else seal.first_id - 1
            missing = f", or a row between {before} and it is gone" if row_id > before + 1 else ""
            return f"{seal.table} {row_id}: it was changed after it was sealed{missing}"
    return (
        f"{seal.table} {seal.first_id}-{seal.last_id}: {seal.row_count} rows were sealed and"
        f" {len(rows.ids)} are left"
    )
