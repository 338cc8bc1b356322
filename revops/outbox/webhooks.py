"""Events for other systems after the Standard Webhooks specification."""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from standardwebhooks import Webhook

from revops import formats
from revops.outbox import kinds
from revops.outbox.errors import DeliveryError

if TYPE_CHECKING:
    from datetime import datetime

    from revops.outbox.models import Message

TIMEOUT_SECONDS = 10
MOST_BYTES = 64 * 1024
LONGEST_WAIT = timedelta(hours=24)
SUCCESS = range(200, 300)
# Told to people only; other systems get ids of what happened.
PERSONAL_KEYS = frozenset({"to"})
# Addresses that stand for others, or for a site: NAT64, version 4 "compatible" and "translated",
# the old site-local block, and the anycast of 6to4 relays.
_STAND_INS = tuple(
    map(
        ipaddress.ip_network,
        ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96", "fec0::/10",
         "192.88.99.0/24"),
    )
)  # fmt: skip


def send_webhook(message: Message, at: datetime) -> None:
    """Post one event to its endpoint; an endpoint that was disabled gets nothing more.

    Raises:
        DeliveryError: The endpoint refused it, cannot be reached, or is at no public address.
    """
    endpoint = message.endpoint
    if endpoint is None or endpoint.disabled_at is not None:
        return
    body = json.dumps(body_of(message), separators=(",", ":"))
    identity = f"msg_{message.pk}"
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Accord-Webhooks/1",
        "webhook-id": identity,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(endpoint.secret).sign(identity, at, body),
    }
    status, wait = post(url=endpoint.url, body=body.encode(), headers=headers)
    if status not in SUCCESS:
        raise DeliveryError(f"The endpoint answered {status}", wait=wait)


def body_of(message: Message) -> dict[str, Any]:
    """Return what is posted: the event's name, when it happened, and ids."""
    data = {key: value for key, value in message.payload.items() if key not in PERSONAL_KEYS}
    return {
        "type": kinds.EVENTS.get(message.kind, message.kind),
        "timestamp": formats.iso(message.created_at),
        "data": data,
    }


def post(*, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, timedelta | None]:
    """Post to a public address; return the status and how long the receiver asks to wait.

    The name is resolved once and the checked address is the one connected to, so a name that
    points elsewhere a moment later gains nothing. Redirects are answers like any other.

    Raises:
        DeliveryError: The address is refused, or nothing answered within ten seconds.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = public_address(host=host, port=port, scheme=parts.scheme)
    connection = _Pinned(host, port, address=address, is_plain=parts.scheme == "http")
    watch = threading.Timer(TIMEOUT_SECONDS, connection.cut)
    watch.start()
    try:
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        connection.request("POST", path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read(MOST_BYTES)
        wait = answer.getheader("Retry-After", "")
        pause = timedelta(seconds=int(wait)) if wait.isascii() and wait.isdecimal() else None
        return answer.status, min(pause, LONGEST_WAIT) if pause else None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DeliveryError(f"The endpoint cannot be reached: {type(error).__name__}") from error
    finally:
        watch.cancel()
        connection.close()


def public_address(*, host: str, port: int, scheme: str) -> str:
    """Resolve a name and return the address to connect to.

    Raises:
        DeliveryError: It is not https, does not resolve, or any of its addresses is not public.
    """
    if settings.WEBHOOKS_MAY_BE_LOCAL:
        return host
    if scheme != "https":
        raise DeliveryError("The endpoint is not https")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeliveryError("The endpoint's name does not resolve") from error
    addresses = [str(row[4][0]) for row in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise DeliveryError("The endpoint is at no public address")
    return addresses[0]


def is_public(address: str) -> bool:
    """Return whether an address lies in the public internet, whatever it is wrapped in."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if parsed.is_multicast or not parsed.is_global:
        return False
    if any(parsed in network for network in _STAND_INS):
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return True
    # A version 4 address inside is where the packet ends up.
    wrapped = parsed.ipv4_mapped or parsed.sixtofour or parsed.teredo
    return wrapped is None


class _Pinned(http.client.HTTPConnection):
    """A connection to a checked address that still names the host to the receiver."""

    def __init__(self, host: str, port: int, *, address: str, is_plain: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self.address, self.is_plain = address, is_plain

    def connect(self) -> None:
        """Connect to the address; TLS checks the name."""
        self.sock = socket.create_connection((self.address, self.port), timeout=TIMEOUT_SECONDS)
        if not self.is_plain:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End it from outside when the whole takes too long."""
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return
