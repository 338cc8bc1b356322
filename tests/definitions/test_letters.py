"""What the mails about documents say."""

from __future__ import annotations

from definitions import selectors, services
from revops.outbox.models import Message
from revops.outbox.rendering import letter_of
from tests.factories.definitions import DAY, MINUTE, NOON, sent, sign, sign_all


def letters(kind):
    return [
        letter_of(message, at=NOON) for message in Message.objects.filter(kind=kind, channel="app")
    ]


def test_signers_are_asked_with_a_link_and_the_hash(request_):
    (letter,) = letters("signature_requested")

    assert letter.subject == "Please read and sign: Definitions v2"
    assert f"/sign/{request_.pk}/" in letter.lines[2]
    assert request_.version.sha256 in letter.lines[-1]


def test_every_signature_mail_carries_the_head_of_the_chain(request_, cast):
    sign(request_, slot="sales", by=cast["vera"])

    (letter,) = letters("version_signed")

    assert letter.subject == "Vera Okoro signed Definitions v2"
    assert selectors.head_sha256() in letter.lines[1]


def test_everybody_hears_what_is_agreed(request_, cast):
    sign_all(request_, cast=cast)

    (letter,) = letters("version_in_force")

    assert letter.subject == "Definitions v2 is in force"
    assert letter.lines[0] == (
        "Definitions v2 is signed by Rita Lind, Carla Diaz and Vera Okoro on 3 Mar 2026 and is in "
        "force now."
    )
    message = Message.objects.get(kind="version_in_force", channel="app")
    assert set(message.payload["to"]) == {user.pk for user in cast.values()}


def test_author_hears_why_it_was_declined(request_, cast):
    services.decline_version(
        request=request_, slot="sales", by=cast["vera"], reason="Too low.", at=NOON + MINUTE
    )

    (letter,) = letters("version_declined")

    assert letter.lines[0] == "Vera Okoro declined Definitions v2: Too low."
    message = Message.objects.get(kind="version_declined", channel="app")
    assert message.payload["to"] == [cast["rita"].pk]
    assert "Too low." not in str(message.payload)


def test_only_who_has_not_signed_is_reminded_and_only_once(request_, cast):
    sign(request_, slot="sales", by=cast["vera"])
    assert services.remind_signers(at=NOON + 6 * DAY) == 0

    services.remind_signers(at=NOON + 7 * DAY)
    services.remind_signers(at=NOON + 8 * DAY)
    services.remind_signers(at=NOON + 12 * DAY)
    services.remind_signers(at=NOON + 14 * DAY)

    reminders = Message.objects.filter(key__contains="reminder", channel="app").order_by("id")
    assert [message.key.rpartition(":")[2] for message in reminders] == ["7", "12"]
    assert all(
        message.payload["to"] == [cast["rita"].pk, cast["carla"].pk] for message in reminders
    )


def test_letters_name_the_organisations_day(draft, cast):
    """Four in the morning in UTC is the evening before in New York."""
    sent(draft, by=cast["rita"], at=NOON, effective_from=NOON + DAY + 13 * 60 * MINUTE)

    (letter,) = letters("signature_requested")

    assert letter.lines[1].startswith("It takes effect on 4 March 2026")
