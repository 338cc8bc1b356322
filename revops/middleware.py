"""What every request carries: an id for the logs, its instant, and the end of old sessions."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import cached_property

from revops.database import database_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    GetResponse = Callable[[HttpRequest], HttpResponse]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
RENEW_SECONDS = 300


def request_id(get_response: GetResponse) -> GetResponse:
    """Name every request in the logs and in the answer; a sane id of the caller is kept."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        name = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=name)
        request.request_id = name  # type: ignore[attr-defined]
        response = get_response(request)
        response.headers["X-Request-ID"] = name
        return response

    return middleware


def instant(get_response: GetResponse) -> GetResponse:
    """Give every request `request.at`: the database's instant, read once, when first asked for.

    It is an attribute of the class and not a lazy object of each request, because a lazy object
    supports no arithmetic.
    """
    reading = cached_property(lambda _: database_now())
    reading.__set_name__(HttpRequest, "at")
    HttpRequest.at = reading  # type: ignore[attr-defined]  # of this process, set once
    return get_response


def session_limits(get_response: GetResponse) -> GetResponse:
    """End a login after the absolute limit, and push its idle limit ahead while it is used.

    It reads the process's clock because Django's own session expiry does.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            now = int(time.time())
            began = request.session.setdefault("began", now)
            if now - began > settings.SESSION_ABSOLUTE_AGE:
                request.session.flush()
                request.user = AnonymousUser()
            elif now - request.session.get("seen", 0) > RENEW_SECONDS:
                request.session["seen"] = now
        return get_response(request)

    return middleware
