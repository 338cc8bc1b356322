"""Pages by cursor: stable while rows are added, and as fast at the end as at the start."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from revops.rest.strict import Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model, QuerySet
    from rest_framework.request import Request

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
_MAX_ID: Final = 2**63 - 1

ModelType = TypeVar("ModelType", bound="Model")


def _cursor(text: str) -> str:
    after_of(text)
    return text


class PageQuery(Row):
    """Parameters every list takes; subclasses add the filters."""

    cursor: Annotated[str, Field(max_length=64), AfterValidator(_cursor)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT


def cursor_of(last_id: int) -> str:
    """Return the opaque cursor of the page after `last_id`."""
    return base64.urlsafe_b64encode(f"id:{last_id}".encode()).decode().rstrip("=")


def after_of(cursor: str) -> int:
    """Return the id a cursor stands for.

    Raises:
        PydanticCustomError: It is none of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        word, _, number = base64.urlsafe_b64decode(padded).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        word, number = "", ""
    if word != "id" or not number.isdecimal() or not number.isascii() or int(number) > _MAX_ID:
        raise PydanticCustomError("bad_cursor", "is not a cursor of this list")
    return int(number)


def page(
    *,
    rows: QuerySet[ModelType],
    query: PageQuery,
    request: Request,
    show: Callable[[ModelType], Any],
    newest_first: bool = False,
) -> dict[str, Any]:
    """Return one page of `rows` by id and the address of the next.

    Args:
        rows: Any rows with an `id`; their order is replaced.
        query: Where to begin, and how many to show.
        request: The request, whose other parameters the next address keeps.
        show: How one row is shown.
        newest_first: Whether the highest id comes first.
    """
    if query.cursor is not None:
        after = after_of(query.cursor)
        rows = rows.filter(pk__lt=after) if newest_first else rows.filter(pk__gt=after)
    found = list(rows.order_by("-pk" if newest_first else "pk")[: query.limit + 1])
    shown = found[: query.limit]
    following = None
    if len(found) > query.limit:
        params = request.query_params.copy()
        params["cursor"] = cursor_of(shown[-1].pk)
        following = request.build_absolute_uri(f"{request.path}?{params.urlencode()}")
    return {"data": [show(one) for one in shown], "next": following}
