"""The blind audit as services: who asks, who answers, what is refused, what stays."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from definitions import selectors, services
from definitions.models import AuditAnswer, AuditRound, AuditSketch
from definitions.services.audit import LONGEST_TEXT
from revops.audit.models import AuditEntry
from revops.people.choices import Side
from tests.definitions.test_races import at_once
from tests.factories.audit import SIZE_50, answered, asked, said, unsealed
from tests.factories.definitions import DAY, MINUTE, NOON


@pytest.fixture
def cast(unaudited):
    return unaudited


def save(round_, *, by, text, revision=0, side=Side.MARKETING, at=NOON, **words):
    return services.save_sketch(
        round_id=round_.pk,
        side=side,
        written=said(text, **words),
        revision=revision,
        by=by,
        at=at,
    )


def test_round_is_opened_with_a_question_for_each_team(cast):
    round_ = asked(cast=cast)

    assert (round_.term, round_.number, round_.actor) == ("mql", 1, f"user:{cast['rita'].pk}")
    assert round_.marketing_question != round_.sales_question
    entry = AuditEntry.objects.get(act="audit_round_opened")
    assert entry.details == {"term": "mql", "number": 1}


@pytest.mark.parametrize("key", ["carla", "mara", "vera", "sam", "ed"])
def test_only_revops_opens_a_round(key, cast):
    with pytest.raises(services.NotAllowedError):
        asked(cast={**cast, "rita": cast[key]})


@pytest.mark.parametrize(
    ("marketing", "sales", "field"),
    [
        pytest.param("", "Why?", "marketing_question", id="empty"),
        pytest.param("Why?", "  ", "sales_question", id="blank"),
        pytest.param("Why?", "why?", "sales_question", id="the same question"),
        pytest.param("x" * 501, "Why?", "marketing_question", id="too long"),
        pytest.param("a\x00b", "Why?", "marketing_question", id="NUL"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(marketing, sales, field, cast):
    with pytest.raises(services.AuditError) as refusal:
        services.open_round(
            term="mql",
            marketing_question=marketing,
            sales_question=sales,
            by=cast["rita"],
            at=NOON,
        )

    assert refusal.value.field == field
    assert not AuditRound.objects.exists()


def test_second_round_waits_for_the_answers_of_the_first(cast):
    round_ = asked(cast=cast)

    with pytest.raises(services.AuditError, match="still waits for an answer"):
        asked(cast=cast)
    for side in selectors.AUDITED:
        answered(round_, side, cast=cast)

    assert asked(cast=cast).number == 2


def test_there_is_no_round_on_a_word_nobody_has(cast):
    with pytest.raises(services.AuditError, match="no such term"):
        asked(cast=cast, term="whim")


def test_sketch_grows_and_is_not_counted_twice(cast):
    round_ = asked(cast=cast)

    first = save(round_, by=cast["mara"], text="An MQL is")
    again = save(round_, by=cast["carla"], text="An MQL is", at=NOON + MINUTE)
    second = save(round_, by=cast["carla"], text="An MQL is engaged.", revision=1)

    assert (first.revision, again.revision, second.revision) == (1, 1, 2)
    assert AuditSketch.objects.get().text == "An MQL is engaged."


def test_second_writer_of_a_team_gets_both_texts(cast):
    round_ = asked(cast=cast)
    save(round_, by=cast["mara"], text="Theirs.")

    with pytest.raises(services.SketchConflictError) as conflict:
        save(round_, by=cast["carla"], text="Mine.")

    assert conflict.value.mine.text == "Mine."
    assert conflict.value.theirs.text == "Theirs."
    assert AuditSketch.objects.get().text == "Theirs."


@pytest.mark.django_db(transaction=True)
def test_two_people_of_one_team_who_save_at_once_lose_nothing(cast):
    round_ = asked(cast=cast)

    found = at_once(
        lambda: save(round_, by=cast["mara"], text="Mara's."),
        lambda: save(round_, by=cast["carla"], text="Carla's."),
    )

    kinds = sorted(type(each).__name__ for each in found)
    assert kinds == ["AuditSketch", "SketchConflictError"]
    (conflict,) = (each for each in found if isinstance(each, services.SketchConflictError))
    assert {conflict.mine.text, conflict.theirs.text} == {"Mara's.", "Carla's."}


@pytest.mark.django_db(transaction=True)
def test_one_answer_of_a_team_is_stored_however_often_it_is_submitted_at_once(cast):
    round_ = asked(cast=cast)

    found = at_once(*(lambda: answered(round_, Side.SALES, cast=cast),) * 4)

    assert sum(isinstance(each, AuditAnswer) for each in found) == 1
    assert AuditAnswer.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "side"),
    [("rita", "marketing"), ("rita", "sales"), ("ed", "sales"), ("mara", "sales"),
     ("sam", "marketing"), ("carla", "sales"), ("vera", "marketing")],
)  # fmt: skip
def test_nobody_writes_for_another_team(key, side, cast):
    round_ = asked(cast=cast)

    with pytest.raises(services.NotAllowedError):
        save(round_, by=cast[key], side=Side(side), text="Hello.")


def test_submitted_answer_is_frozen(cast):
    round_ = asked(cast=cast)
    save(round_, by=cast["mara"], text="Engaged.", criteria=SIZE_50)
    services.submit_answer(
        round_id=round_.pk, side=Side.MARKETING, revision=1, by=cast["carla"], at=NOON,
        written=said("Engaged and fit.", criteria=SIZE_50, examples=("Halden Robotics",)),
    )  # fmt: skip

    with pytest.raises(services.AuditError, match="has submitted"):
        save(round_, by=cast["mara"], text="More.", revision=1)
    with pytest.raises(services.AuditError, match="has submitted"):
        answered(round_, Side.MARKETING, cast=cast)
    answer = AuditAnswer.objects.get()
    assert (answer.text, answer.criteria, answer.examples) == (
        "Engaged and fit.", SIZE_50, ["Halden Robotics"],
    )  # fmt: skip
    assert not AuditSketch.objects.exists()


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_empty_answer_is_refused(text, cast):
    round_ = asked(cast=cast)

    with pytest.raises(services.AuditError) as refusal:
        answered(round_, Side.SALES, cast=cast, text=text)

    assert refusal.value.field == "text"
    assert not AuditAnswer.objects.exists()


@pytest.mark.parametrize(
    ("words", "field"),
    [
        pytest.param(said("x" * (LONGEST_TEXT + 1)), "text", id="too long"),
        pytest.param(said("a\x00b"), "text", id="NUL"),
        pytest.param(said("a\ud800b"), "text", id="half a character"),
        pytest.param(said("a", criteria={"field": "shoe_size"}), "criteria", id="unknown field"),
        pytest.param(said("a", criteria="{"), "criteria", id="no JSON"),
        pytest.param(said("a", criteria=[1]), "criteria", id="list"),
        pytest.param(said("a", examples=["x"] * 21), "examples", id="many examples"),
        pytest.param(said("a", examples=["x" * 501]), "examples", id="long example"),
        pytest.param(said("a", examples=["\x00"]), "examples", id="NUL in an example"),
    ],
)
def test_what_cannot_be_stored_is_refused_naming_the_field(words, field, cast):
    round_ = asked(cast=cast)

    with pytest.raises(services.AuditError) as refusal:
        services.save_sketch(
            round_id=round_.pk, side=Side.SALES, written=words, revision=0, by=cast["sam"],
            at=NOON,
        )  # fmt: skip

    assert refusal.value.field == field
    assert not AuditSketch.objects.exists()


def test_journal_tells_that_and_not_what_was_answered(cast):
    round_ = asked(cast=cast)
    answered(round_, Side.SALES, cast=cast, text="Secret words.")

    entry = AuditEntry.objects.get(act="audit_answer_submitted")
    assert entry.details == {"term": "mql", "number": 1, "side": "sales"}
    assert not AuditEntry.objects.filter(details__icontains="Secret").exists()


@pytest.mark.parametrize("key", ["rita", "carla", "mara", "vera", "sam", "ed"])
def test_selector_gives_no_answer_before_both_are_in(key, cast):
    round_ = asked(cast=cast)
    save(round_, by=cast["mara"], text="Marketing's sketch.")
    answered(round_, Side.SALES, cast=cast, text="Sales's answer.")
    (state,) = selectors.rounds_of(term="mql")

    sheet = selectors.sheet(state=state, reader=cast[key])

    assert sheet.both is None
    own = {"carla": "Marketing's sketch.", "mara": "Marketing's sketch.",
           "vera": "Sales's answer.", "sam": "Sales's answer."}  # fmt: skip
    assert (sheet.own.text if sheet.own else "") == own.get(key, "")


def test_both_answers_are_open_to_everybody_once_both_are_in(cast):
    unsealed(cast=cast)
    (state,) = selectors.rounds_of(term="mql")

    for key in ("rita", "mara", "sam", "ed"):
        sheet = selectors.sheet(state=state, reader=cast[key])
        assert [words.text for words in sheet.both] == ["Engaged people.", "Buying people."]


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"side": "revops"}, "definitions_auditanswer_of_a_team"),
        ({"side": "sales", "text": ""}, "definitions_auditanswer_is_written"),
        ({"side": "marketing"}, "definitions_auditanswer_one_per_side"),
    ],
)
def test_database_refuses_answers_that_cannot_be(values, constraint, cast):
    round_ = asked(cast=cast)
    answered(round_, Side.MARKETING, cast=cast)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        AuditAnswer.objects.create(
            **{"round": round_, "text": "x", "submitted_at": NOON + DAY,
               "submitted_by": cast["sam"], "actor": "user:1", **values}
        )  # fmt: skip
