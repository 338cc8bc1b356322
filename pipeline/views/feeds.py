"""The calendar feed of a person's deadlines, opened by its secret address alone."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.http import Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from pipeline.selectors.feeds import deadlines_of
from revops.people.feeds import feed_reader

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

REFRESH: Final = timedelta(minutes=15)


@require_safe
def deadlines_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Return the deadlines; 304 where the caller has them, 404 for a wrong address."""
    reader = feed_reader(token)
    if reader is None:
        raise Http404
    body = deadlines_of(reader, refresh=REFRESH)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(
        body,
        content_type="text/calendar; charset=utf-8",
        headers={
            "ETag": etag,
            "Cache-Control": f"private, max-age={int(REFRESH.total_seconds())}",
            "Content-Disposition": 'inline; filename="deadlines.ics"',
            "X-Robots-Tag": "noindex",
        },
    )
    return get_conditional_response(request, etag=etag, response=response) or response
