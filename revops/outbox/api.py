"""The endpoints of webhooks: RevOps adds, tests and removes them; keys may not."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.response import Response

from revops.outbox import endpoints, kinds, services
from revops.outbox.models import Endpoint, Message
from revops.rest.pagination import PageQuery, page
from revops.rest.problems import invalid
from revops.rest.schema import PROBLEMS, Out, query_parameters
from revops.rest.strict import FieldProblem, Key, Row
from revops.rest.views import ApiView

if TYPE_CHECKING:
    from rest_framework.request import Request

RIGHT = "outbox.manage_endpoints"


class WebhookBody(Row):
    """Where events are posted; no events means all of them."""

    url: Annotated[str, Field(max_length=endpoints.LONGEST_URL)]
    events: Annotated[list[Key], Field(max_length=50)] = []


class WebhookOut(Out):
    """An endpoint; its secret is never shown again."""

    id: int
    url: str
    events: list[str]
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str


class NewWebhookOut(WebhookOut):
    """A new endpoint with the secret its events are signed with, shown this once."""

    secret: str


class DeliveryOut(Out):
    """An event on its way to an endpoint, or there; `id` is the webhook-id the receiver sees."""

    id: str
    event: str
    created_at: datetime
    attempts: int
    next_try_at: datetime | None
    delivered_at: datetime | None
    gave_up_at: datetime | None
    last_error: str


class WebhookListOut(Out):
    """A page of endpoints."""

    data: list[WebhookOut]
    next: str | None


class DeliveryListOut(Out):
    """A page of deliveries."""

    data: list[DeliveryOut]
    next: str | None


class WebhookListView(ApiView):
    """GET the endpoints, POST a new one."""

    rights = {"GET": RIGHT, "POST": RIGHT}

    @extend_schema(
        operation_id="webhooks_list",
        summary="List webhook endpoints",
        parameters=query_parameters(PageQuery),
        responses={200: WebhookListOut, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """Return the endpoints, those that were disabled included."""
        query = self.query(PageQuery)
        rows = Endpoint.objects.all()
        return Response(page(rows=rows, query=query, request=request, show=webhook_out))

    @extend_schema(
        summary="Add a webhook endpoint",
        request=WebhookBody,
        responses={201: NewWebhookOut, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        """Store the endpoint; the answer is the only one that holds its secret."""
        body = self.body(WebhookBody)
        try:
            stored = endpoints.add_endpoint(
                url=body.url, events=body.events, actor=self.actor, by=self.person, at=self.at
            )
        except endpoints.EndpointRefusedError as refusal:
            raise invalid([FieldProblem(f"/{refusal.field}", "invalid", str(refusal))]) from None
        shown = {**webhook_out(stored), "secret": stored.secret}
        return Response(shown, status=HTTPStatus.CREATED)


class WebhookView(ApiView):
    """GET one endpoint, DELETE it."""

    rights = {"GET": RIGHT, "DELETE": RIGHT}

    @extend_schema(summary="Show a webhook endpoint", responses={200: WebhookOut, **PROBLEMS})
    def get(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Return the endpoint without its secret."""
        return Response(webhook_out(get_object_or_404(Endpoint, pk=pk)))

    @extend_schema(summary="Remove a webhook endpoint", responses={200: WebhookOut, **PROBLEMS})
    def delete(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Disable the endpoint; its deliveries stay to be looked at."""
        endpoint = get_object_or_404(Endpoint, pk=pk)
        gone = endpoints.remove_endpoint(endpoint=endpoint, actor=self.actor, at=self.at)
        return Response(webhook_out(gone))


class WebhookTestView(ApiView):
    """POST a test event."""

    rights = {"POST": RIGHT}

    @extend_schema(
        summary="Send a test event", request=None, responses={202: DeliveryOut, **PROBLEMS}
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Queue an event of type endpoint.test."""
        endpoint = get_object_or_404(Endpoint.objects.filter(disabled_at__isnull=True), pk=pk)
        queued = endpoints.send_test(endpoint=endpoint, at=self.at)
        return Response(delivery_out(queued), status=HTTPStatus.ACCEPTED)


class DeliveryListView(ApiView):
    """GET the deliveries of an endpoint."""

    rights = {"GET": RIGHT}

    @extend_schema(
        summary="List deliveries of a webhook endpoint",
        parameters=query_parameters(PageQuery),
        responses={200: DeliveryListOut, **PROBLEMS},
    )
    def get(self, request: Request, pk: int) -> Response:
        """Return what was posted, is waiting, or was given up."""
        query = self.query(PageQuery)
        rows = Message.objects.filter(endpoint=get_object_or_404(Endpoint, pk=pk))
        return Response(
            page(rows=rows, query=query, request=request, show=delivery_out, newest_first=True)
        )


class DeliveryReplayView(ApiView):
    """POST a delivery again."""

    rights = {"POST": RIGHT}

    @extend_schema(
        summary="Deliver an event again", request=None, responses={202: DeliveryOut, **PROBLEMS}
    )
    def post(self, request: Request, pk: int, delivery: int) -> Response:  # noqa: ARG002 - the framework's signature
        """Queue the event once more under its old id."""
        rows = Message.objects.filter(endpoint=pk, endpoint__disabled_at__isnull=True)
        queued = services.replay(message=get_object_or_404(rows, pk=delivery), at=self.at)
        return Response(delivery_out(queued), status=HTTPStatus.ACCEPTED)


def webhook_out(row: Endpoint) -> dict[str, object]:
    """Return an endpoint as the API shows it."""
    shown = WebhookOut(
        id=row.pk,
        url=row.url,
        events=row.kinds,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        disabled_reason=row.disabled_reason,
    )
    return shown.model_dump(mode="json")


def delivery_out(row: Message) -> dict[str, object]:
    """Return a delivery as the API shows it."""
    waits = row.done_at is None and row.dead_at is None
    shown = DeliveryOut(
        id=f"msg_{row.pk}",
        event=kinds.EVENTS.get(row.kind, row.kind),
        created_at=row.created_at,
        attempts=row.attempts,
        next_try_at=row.next_try_at if waits else None,
        delivered_at=row.done_at,
        gave_up_at=row.dead_at,
        last_error=row.last_error,
    )
    return shown.model_dump(mode="json")


urlpatterns = [
    path("webhooks/", WebhookListView.as_view(), name="api_webhooks"),
    path("webhooks/<int:pk>/", WebhookView.as_view(), name="api_webhook"),
    path("webhooks/<int:pk>/test/", WebhookTestView.as_view(), name="api_webhook_test"),
    path("webhooks/<int:pk>/deliveries/", DeliveryListView.as_view(), name="api_deliveries"),
    path(
        "webhooks/<int:pk>/deliveries/<int:delivery>/replay/",
        DeliveryReplayView.as_view(),
        name="api_delivery_replay",
    ),
]
