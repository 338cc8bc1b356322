"""The request's instant and its lazily read attributes."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from revops.database import database_now

type_of_next = Callable[[HttpRequest], HttpResponse]


def instant(get_response: type_of_next) -> type_of_next:
    """Give every request `request.at`: the database's instant, read once, when first asked for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.at = SimpleLazyObject(database_now)  # type: ignore[attr-defined]
        return get_response(request)

    return middleware
