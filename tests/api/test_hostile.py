"""Rubbish gets a problem document with a stable code, and never a 5xx."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError

from pipeline.models import Lead
from revops.rest import limits, views
from revops.rest.strict_json import JsonError, read_json
from tests.api.conftest import body

pytestmark = pytest.mark.django_db

MANY = {str(number): 1 for number in range(51)}
DEEP = b"[" * 100_000 + b"]" * 100_000

BODIES = [
    pytest.param(b"", 400, "empty_body", id="nothing"),
    pytest.param(b"   ", 400, "empty_body", id="blanks"),
    pytest.param(b"{", 400, "not_json", id="half"),
    pytest.param(b"{'a': 1}", 400, "not_json", id="single quotes"),
    pytest.param(b'{"external_id": NaN}', 400, "not_a_number", id="NaN"),
    pytest.param(b'{"fit_score": Infinity}', 400, "not_a_number", id="infinity"),
    pytest.param(b'{"fit_score": 1e999}', 400, "number_too_long", id="overflowing float"),
    pytest.param(b'{"fit_score": ' + b"9" * 5000 + b"}", 400, "number_too_long", id="5000 digits"),
    pytest.param(b'{"external_id":"a","external_id":"b"}', 400, "duplicate_key", id="twice"),
    pytest.param(b'{"external_id":"a\\u0000b"}', 400, "nul", id="NUL escaped"),
    pytest.param(b'{"external_id":"a\x00b"}', 400, "not_json", id="NUL raw"),
    pytest.param(b'{"a\\u0000":1}', 400, "nul", id="NUL in a name"),
    pytest.param(b'{"external_id":"\\ud800"}', 400, "lone_surrogate", id="half a pair"),
    pytest.param(b'{"external_id":"\\udc00x"}', 400, "lone_surrogate", id="other half"),
    pytest.param(b'\xff\xfe{"a":1}', 400, "not_utf8", id="not UTF-8"),
    pytest.param(DEEP, 400, "too_deep", id="200 kB of brackets"),
    pytest.param(b'{"a":' * 21 + b"1" + b"}" * 21, 400, "too_deep", id="21 levels"),
    pytest.param(b'{"form_text":"' + b"x" * 300_000 + b'"}', 413, "too_large", id="300 kB"),
    pytest.param(b"[]", 422, "invalid", id="a list"),
    pytest.param(b'"text"', 422, "invalid", id="a text"),
    pytest.param(b"null", 422, "invalid", id="null"),
    pytest.param(b"12", 422, "invalid", id="a number"),
    pytest.param(b"{}", 422, "invalid", id="an empty object"),
]

FIELDS = [
    pytest.param({"external_id": ""}, "/external_id", "required", id="empty id"),
    pytest.param({"external_id": 7}, "/external_id", "wrong_type", id="id as number"),
    pytest.param({"external_id": "x" * 121}, "/external_id", "too_long", id="long id"),
    pytest.param({"surprise": 1}, "/surprise", "unknown_field", id="unknown field"),
    pytest.param({"stage": "won"}, "/stage", "unknown_field", id="mass assignment"),
    pytest.param({"owner": 1}, "/owner", "unknown_field", id="owner"),
    pytest.param({"created_at": "2026-03-01T10:00:00"}, "/created_at", "naive_time", id="naive"),
    pytest.param({"created_at": "yesterday"}, "/created_at", "bad_time", id="no time"),
    pytest.param({"created_at": 1767225600}, "/created_at", "bad_time", id="unix time"),
    pytest.param({"created_at": "1999-12-31T00:00:00Z"}, "/created_at", "out_of_range", id="1999"),
    pytest.param({"created_at": "9999-12-31T23:59:59-23:59"},
                 "/created_at", "out_of_range", id="year 9999"),
    pytest.param({"created_at": "2099-01-01T00:00:00Z"},
                 "/created_at", "in_the_future", id="2099"),
    pytest.param({"company_size": "250"}, "/company_size", "wrong_type", id="number as text"),
    pytest.param({"company_size": 2.5}, "/company_size", "wrong_type", id="half a person"),
    pytest.param({"company_size": -1}, "/company_size", "out_of_range", id="negative"),
    pytest.param({"company_size": 2**63}, "/company_size", "out_of_range", id="2^63"),
    pytest.param({"company_size": True}, "/company_size", "wrong_type", id="true as number"),
    pytest.param({"fit_score": 101}, "/fit_score", "out_of_range", id="fit over 100"),
    pytest.param({"hand_raiser": "yes"}, "/hand_raiser", "wrong_type", id="yes as flag"),
    pytest.param({"source_group": "magic"}, "/source_group", "unknown_value", id="group"),
    pytest.param({"technology": [1]}, "/technology/0", "wrong_type", id="technology"),
    pytest.param({"technology": ["x"] * 51}, "/technology", "too_many", id="51 technologies"),
    pytest.param({"attributes": []}, "/attributes", "wrong_type", id="attributes list"),
    pytest.param({"attributes": {"a": {"b": 1}}}, "/attributes", "wrong_type", id="nested"),
    pytest.param({"attributes": {"a": [1]}}, "/attributes", "wrong_type", id="list of numbers"),
    pytest.param({"attributes": {"": 1}}, "/attributes", "bad_name", id="nameless attribute"),
    pytest.param({"attributes": MANY},
                 "/attributes", "too_many", id="51 attributes"),
    pytest.param({"attributes": {"a": 10**16}}, "/attributes", "out_of_range", id="huge number"),
    pytest.param({"email": "x" * 255}, "/email", "too_long", id="long mail"),
    pytest.param({"touches": [{"kind": "magic", "occurred_at": "2026-01-01T00:00:00Z"}]},
                 "/touches/0/kind", "unknown_value", id="touch kind"),
    pytest.param({"touches": [{"kind": "webinar"}]},
                 "/touches/0/occurred_at", "required", id="touch time"),
    pytest.param({"source_system": "a b"}, "/source_system", "bad_format", id="system"),
]  # fmt: skip

ADDRESSES = [
    pytest.param("GET", "/leads/?limit=0", 422, id="limit 0"),
    pytest.param("GET", "/leads/?limit=201", 422, id="limit 201"),
    pytest.param("GET", "/leads/?limit=ten", 422, id="limit in words"),
    pytest.param("GET", "/leads/?limit=1&limit=2", 422, id="limit twice"),
    pytest.param("GET", "/leads/?cursor=rubbish", 422, id="cursor"),
    pytest.param(
        "GET", "/leads/?cursor=aWQ6OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk", 422, id="big cursor"
    ),
    pytest.param("GET", "/leads/?surprise=1", 422, id="unknown filter"),
    pytest.param("GET", "/leads/?stage=magic", 422, id="unknown stage"),
    pytest.param("GET", "/leads/?captured_since=2026-01-01", 422, id="naive filter"),
    pytest.param("GET", "/leads/?external_id=%00", 422, id="NUL in a filter"),
    pytest.param("GET", "/leads/?external_id=%ff%fe", 200, id="filter that is not UTF-8"),
    pytest.param("GET", "/leads/999999999999999999999999/", 404, id="huge id"),
    pytest.param("GET", "/leads/0/", 404, id="id 0"),
    pytest.param("GET", "/leads/-1/", 404, id="negative id"),
    pytest.param("GET", "/leads/1%00/", 404, id="NUL in the path"),
    pytest.param("GET", "/nothing/", 404, id="unknown address"),
    pytest.param("GET", "/leads", 404, id="no slash"),
    pytest.param("POST", "/leads", 404, id="post without a slash"),
    pytest.param("DELETE", "/nothing", 404, id="delete nothing"),
    pytest.param("DELETE", "/leads/", 405, id="delete"),
    pytest.param("PATCH", "/leads/", 405, id="patch"),
    pytest.param("GET", "/leads/batch/", 405, id="get a batch"),
    pytest.param("OPTIONS", "/leads/", 405, id="options"),
    pytest.param("HEAD", "/leads/", 200, id="head"),
    pytest.param("GET", "/clocks/?kind=magic", 422, id="clock kind"),
    pytest.param("GET", "/definitions/nonsense/", 404, id="unknown term"),
    pytest.param("GET", "/reasons/?purpose=magic", 422, id="unknown purpose"),
]


def is_problem(response):
    told = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert told["status"] == response.status_code
    assert told["request_id"]
    assert {"type", "title", "detail", "instance"} <= told.keys()
    return told


@pytest.mark.parametrize(("raw", "status", "code"), BODIES)
def test_a_body_that_cannot_be_read(caller, raw, status, code):
    response = caller.post("/leads/", raw=raw)

    assert response.status_code == status
    assert is_problem(response)["code"] == code
    assert not Lead.objects.exists()


@pytest.mark.parametrize(("fields", "pointer", "code"), FIELDS)
def test_a_field_that_cannot_be_accepted(caller, fields, pointer, code):
    response = caller.post("/leads/", body(**fields))

    assert response.status_code == 422
    errors = is_problem(response)["errors"]
    assert (errors[0]["pointer"], errors[0]["code"]) == (pointer, code)
    assert errors[0]["detail"]
    assert not Lead.objects.exists()


@pytest.mark.parametrize(("method", "path", "status"), ADDRESSES)
def test_an_address_that_makes_no_sense(caller, method, path, status):
    caller.client.handler.enforce_csrf_checks = True
    response = caller.send(method, path)

    assert response.status_code == status
    if status != 200 and method != "HEAD":
        is_problem(response)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense"],
)
def test_another_content_type_is_refused(caller, content_type):
    response = caller.post("/leads/", body(), content_type=content_type)

    assert response.status_code == 415
    assert is_problem(response)["code"] == "unsupported_media_type"


def test_a_body_in_pieces_needs_a_length(caller):
    response = caller.send("POST", "/leads/", **{"Transfer-Encoding": "chunked"})

    assert response.status_code == 411
    assert is_problem(response)["code"] == "length_required"


@pytest.mark.parametrize("raw", [b'{"leads": 1}', b'{"leads": {}}', b"{}", b"null", b'{"x": []}'])
def test_a_batch_of_another_shape_is_refused(caller, raw):
    response = caller.post("/leads/batch/", raw=raw)

    assert response.status_code == 422
    is_problem(response)


def test_a_batch_of_rubbish_rows_is_answered_row_by_row(caller):
    rows = [None, 1, "x", [], {}, {"external_id": []}, {"external_id": {}}, [[[]]]]

    response = caller.post("/leads/batch/", {"leads": rows})

    assert response.status_code == 200
    assert response.json()["errors"] == len(rows)


def test_more_than_a_thousand_rows_are_too_many(caller):
    response = caller.post("/leads/batch/", {"leads": [{}] * 1001})

    assert response.status_code == 413
    assert is_problem(response)["code"] == "too_many_rows"


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ключ"])
def test_an_idempotency_key_that_is_none(caller, key):
    response = caller.post("/leads/", body(), **{"Idempotency-Key": key})

    assert response.status_code == 422


@pytest.mark.parametrize(
    "path", ["/leads/1/transitions/", "/leads/1/assignments/", "/touches/batch/",
             "/activities/batch/", "/opportunities/", "/opportunities/1/transitions/"],
)  # fmt: skip
@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"1", b"{", b'{"to": 1}', b'{"x": {}}'])
def test_no_endpoint_fails_on_rubbish(caller, path, raw):
    response = caller.post(path, raw=raw)

    assert response.status_code < 500


def test_too_many_requests_are_turned_away(caller, settings):
    settings.API_REQUESTS_PER_MINUTE = 2

    answers = [caller.get("/leads/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["RateLimit-Remaining"] == "1"
    assert int(answers[2].headers["Retry-After"]) > 0
    limits.reset()


def test_while_the_database_is_away_the_api_says_so(caller, monkeypatch):
    caller.get("/leads/")

    def away(*_args, **_kwargs):
        raise OperationalError("the server is gone")

    monkeypatch.setattr(views.ApiView, "read_opening", away)
    response = caller.get("/leads/")

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert is_problem(response)["code"] == "unavailable"


@pytest.mark.parametrize("text", ['{"a": "\\\\u0000"}', '{"a": "\\ud83d\\ude00"}', '{"a": "😀"}'])
def test_what_only_looks_dangerous_is_read(text):
    assert read_json(text.encode()) == json.loads(text)


def test_strict_json_names_the_line(caller):
    with pytest.raises(JsonError, match="line 2"):
        read_json(b'{"a": 1,\n oops}')
