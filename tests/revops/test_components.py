"""The tags and filters that templates build pages from."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from revops.templatetags import moments
from tests.factories.people import OrganizationFactory, person

MORNING = datetime(2026, 11, 23, 14, 40, tzinfo=UTC)


def rendered(source, **values):
    return Template(source).render(Context(values))


@pytest.mark.parametrize(
    ("state", "words", "tone"),
    [
        ("due_in", "Due in", ""),
        ("due_soon", "Due soon,", "warn"),
        ("overdue", "Overdue by", "bad"),
        ("met", "Met in", "good"),
        ("missed", "Missed by", "bad"),
        ("paused", "Paused", "outline"),
        ("exempt", "Exempt", "outline"),
    ],
)
def test_each_clock_state_has_its_own_words_icon_and_tone(state, words, tone):
    badge = moments.clock_badge(state, timedelta(minutes=35))

    assert words in badge
    assert f'data-tone="{tone}"' in badge
    assert "<svg" in badge
    assert "35 m" in badge


def test_a_running_badge_ticks_and_a_stopped_one_does_not():
    assert 'data-tick="down"' in moments.clock_badge("due_in", timedelta(minutes=5))
    assert "data-tick" not in moments.clock_badge("met", timedelta(minutes=5))
    assert "data-tick" not in moments.clock_badge("due_in", timedelta(minutes=5), running=False)
    until = moments.clock_badge("due_in", timedelta(hours=3), running=timedelta(minutes=10))
    assert 'data-lasts="600"' in until


def test_an_unknown_clock_state_is_an_error():
    with pytest.raises(KeyError):
        moments.clock_badge("late")


def test_a_band_clips_parts_and_pointer_to_its_width():
    drawing = rendered("{% band stops 1.4 'above' %}", stops=[(0.4, "bad"), (1.7, "good")])

    assert 'x="40.00%" width="60.00%"' in drawing
    assert 'x="99.60%"' in drawing


def test_components_escape_what_people_wrote():
    nasty = "<script>alert(1)</script>"

    shown = rendered(
        '{% panel title=nasty %}{{ nasty }}{% endpanel %}{% chart name="x" title=nasty summary=""'
        ' figure=figure columns=columns rows=rows %}{% icon "check" 12 nasty %}',
        nasty=nasty,
        figure={"data": [{"name": "</script>" + nasty}]},
        columns=[nasty],
        rows=[[nasty, {"text": nasty, "href": "/x/"}]],
    )

    assert "<script>alert" not in shown
    assert shown.count("</script>") == 1


def test_money_shows_the_exact_amount_on_hover():
    shown = rendered("{% money amount %}", amount=1_234_567)

    assert shown == '<data value="1234567" title="$1,234,567.00">$1.2M</data>'


@pytest.mark.django_db
def test_instants_follow_the_readers_zone_and_hours():
    OrganizationFactory()
    request = RequestFactory().get("/")
    request.user = person("sam", timezone="Asia/Kolkata", hour_cycle="12")
    request.at = MORNING

    shown = rendered("{% local at %} {% ago before %}", request=request, at=MORNING,
                     before=MORNING - timedelta(minutes=7))  # fmt: skip

    assert ">Mon 23 Nov, 8:10 PM IST</time>" in shown
    assert 'datetime="2026-11-23T14:40:00Z"' in shown
    assert ">7 m ago</time>" in shown


@pytest.mark.django_db
def test_instants_follow_the_organisations_zone_by_default():
    OrganizationFactory(timezone="Europe/Berlin")
    request = RequestFactory().get("/")
    request.user = person("sam")
    request.at = MORNING

    assert ">15:40 CET</time>" in rendered('{% local at "time" %}', request=request, at=MORNING)
