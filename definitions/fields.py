"""The typed fields and acts a criterion may name; `pipeline` binds them to columns.

The registry is closed: a criterion that names anything else is refused when it is written, so a
definition can never depend on something nobody records.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class FieldType(StrEnum):
    """What kind of value a field holds."""

    NUMBER = "number"  # int or Decimal
    TEXT = "text"  # str
    FLAG = "flag"  # bool
    LIST = "list"  # several texts


class Group(StrEnum):
    """Which question a field or an act answers."""

    FIT = "fit"
    INTENT = "intent"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a lead or its company.

    Attributes:
        key: The name in criteria, imports and the API.
        label: The name people read, in lower case.
        type: What values it holds.
        group: Whether it says who the buyer is, what they did, or how the lead came.
        unit: The unit of a number, in words; empty for other types.
        choices: The only values of a closed vocabulary; empty when any text may stand.
    """

    key: str
    label: str
    type: FieldType
    group: Group
    unit: str = ""
    choices: tuple[str, ...] = ()

    def word(self, value: str) -> str:
        """Return a value of a closed vocabulary as people write it; other texts as they are."""
        return WORDS.get(value, value) if value in self.choices else value


@dataclass(frozen=True, slots=True)
class Act:
    """One kind of recorded behaviour; `text` fits between "at least 2" and "in 30 days"."""

    key: str
    label: str
    text: str
    is_hand_raise: bool = False

    @property
    def one(self) -> str:
        """The act after the number one, such as "demo request"."""
        return self.label[:1].lower() + self.label[1:]


@dataclass(frozen=True, slots=True)
class Registry:
    """Every field and act that criteria may name."""

    fields: Mapping[str, Field]
    acts: Mapping[str, Act]

    @classmethod
    def of(cls, *, fields: Iterable[Field], acts: Iterable[Act]) -> Registry:
        """Return a registry keyed by the keys of its entries."""
        return cls(
            fields=MappingProxyType({field.key: field for field in fields}),
            acts=MappingProxyType({act.key: act for act in acts}),
        )


SENIORITIES = (
    "owner",
    "c_level",
    "vp",
    "director",
    "head",
    "manager",
    "senior",
    "entry",
    "student",
)

WORDS = MappingProxyType({"c_level": "C-level", "vp": "VP"})

REGISTRY = Registry.of(
    fields=(
        Field("company_size", "company size", FieldType.NUMBER, Group.FIT, unit="employees"),
        Field("industry", "industry", FieldType.TEXT, Group.FIT),
        Field("country", "country", FieldType.TEXT, Group.FIT),
        Field("title", "job title", FieldType.TEXT, Group.FIT),
        Field("seniority", "seniority", FieldType.TEXT, Group.FIT, choices=SENIORITIES),
        Field("technology", "technology in use", FieldType.LIST, Group.FIT),
        Field("company", "company name", FieldType.TEXT, Group.FIT),
        Field("company_domain", "company domain", FieldType.TEXT, Group.FIT),
        Field("email_domain", "mail domain", FieldType.TEXT, Group.FIT),
        Field("is_customer", "already a customer", FieldType.FLAG, Group.FIT),
        Field("has_open_deal", "company has an open deal", FieldType.FLAG, Group.FIT),
        Field("is_competitor", "works for a competitor", FieldType.FLAG, Group.FIT),
        Field("fit_score", "fit score", FieldType.NUMBER, Group.FIT, unit="points"),
        Field("intent_score", "intent score", FieldType.NUMBER, Group.INTENT, unit="points"),
        Field("hand_raiser", "asked to be contacted", FieldType.FLAG, Group.INTENT),
        Field("channel", "channel", FieldType.TEXT, Group.LEAD),
        Field("campaign", "campaign", FieldType.TEXT, Group.LEAD),
        Field("source_group", "source group", FieldType.TEXT, Group.LEAD),
        Field("has_email", "mail address present", FieldType.FLAG, Group.LEAD),
        Field("has_phone", "phone number present", FieldType.FLAG, Group.LEAD),
        Field("is_test", "test entry", FieldType.FLAG, Group.LEAD),
    ),
    acts=(
        Act("demo_request", "Demo request", "demo requests", is_hand_raise=True),
        Act("contact_form", "Contact form", "contact forms", is_hand_raise=True),
        Act("pricing_view", "Pricing page view", "pricing page views"),
        Act("product_page", "Product page view", "product page views"),
        Act("page_view", "Page view", "page views"),
        Act("case_study", "Case study read", "case studies read"),
        Act("download", "Download", "downloads"),
        Act("webinar", "Webinar attended", "webinars attended"),
        Act("event", "Event attended", "events attended"),
        Act("email_click", "Link in a mail followed", "links in mails followed"),
        Act("ad_click", "Advertisement followed", "advertisements followed"),
        Act("social", "Social media act", "social media acts"),
        Act("form", "Other form", "other forms"),
        Act("other", "Other act", "other acts"),
    ),
)
