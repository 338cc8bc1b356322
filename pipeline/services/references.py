"""Channels and companies by the names that sources give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from definitions.choices import DocumentKind
from definitions.selectors import NoVersionError, contribution_of, schedule
from pipeline.choices import EffectTable, SourceGroup
from pipeline.matching import channel_key, company_key
from pipeline.models import Channel, Company, ImportEffect
from revops.people.models import Rep

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


def channels_named(names: Collection[str], *, at: datetime) -> dict[str, Channel]:
    """Return the channel of each name; those nobody knew are created.

    A new channel belongs to the group of the contribution agreement in use at `at`, unknown where
    the agreement does not name it.
    """
    keys = {name: key for name in names if (key := channel_key(name))}
    known = {found.key: found for found in Channel.objects.filter(key__in=set(keys.values()))}
    missing = {key: name for name, key in sorted(keys.items()) if key not in known}
    if missing:
        Channel.objects.bulk_create(
            [
                Channel(key=key, name=name.strip()[:80], source_group=_group(name, at=at))
                for key, name in sorted(missing.items())
            ],
            ignore_conflicts=True,
        )
        known |= {found.key: found for found in Channel.objects.filter(key__in=missing)}
    return {name: known[key] for name, key in keys.items()}


def _group(name: str, *, at: datetime) -> str:
    try:
        entry = schedule().in_use(kind=DocumentKind.CONTRIBUTION, at=at)
    except NoVersionError:
        return SourceGroup.UNKNOWN
    found = contribution_of(entry).group_of(channel=name)
    return found.code if found and found.code in SourceGroup.values else SourceGroup.UNKNOWN


def companies_named(names: Collection[str]) -> dict[str, int]:
    """Return the id of the company of each name; those nobody knew are created."""
    keys = {name: key for name in names if (key := company_key(name=name, domain=""))}
    known = dict(
        Company.objects.filter(match_key__in=set(keys.values())).values_list("match_key", "id")
    )
    missing = {key: name for name, key in sorted(keys.items()) if key not in known}
    # A company that came with a web domain is known by it; its name finds it all the same.
    if missing:
        named = Company.objects.filter(name__in=set(missing.values())).order_by("-id")
        for name, pk in named.values_list("name", "id"):
            known[company_key(name=name, domain="") or ""] = pk
    new = {key: name for key, name in missing.items() if key not in known}
    if new:
        Company.objects.bulk_create(
            [Company(match_key=key, name=name.strip()[:200]) for key, name in sorted(new.items())],
            ignore_conflicts=True,
        )
        rows = Company.objects.filter(match_key__in=new).values_list("match_key", "id")
        known |= dict(rows)
    return {name: known[key] for name, key in keys.items()}


def relist_reps(*, rep_ids: Collection[int]) -> None:
    """Put people back on the roster whom an undone import had taken off; one statement."""
    undone = ImportEffect.objects.filter(
        table=EffectTable.REP, before__has_key="is_undone", object_id__in=list(rep_ids)
    )
    Rep.objects.filter(is_active=False, pk__in=undone.values("object_id")).update(is_active=True)
