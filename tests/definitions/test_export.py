"""The documented check of an export, run exactly as the documentation prints it."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from definitions import selectors, services
from tests.factories.definitions import DAY, MINUTE, NOON, sent, sign, signed_version
from tests.standing import standing

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "verification.md"


@standing
def signed(cast):
    """Six signatures, one by a substitute, one withdrawal."""
    version = signed_version("sla", cast=cast)
    services.withdraw_version(version=version, by=cast["rita"], reason="No.", at=NOON + DAY)
    services.delegate_slot(
        slot="sales", substitute=cast["sam"], starts_at=NOON + MINUTE, ends_at=NOON + 2 * DAY,
        reason="Leave.", by=cast["vera"], authenticated_at=NOON, at=NOON,
    )  # fmt: skip
    draft = services.open_draft(kind="score_model", by=cast["rita"], at=NOON + DAY)
    asked = sent(draft, by=cast["rita"], at=NOON + DAY)
    for slot, key in (("sales", "sam"), ("revops", "rita"), ("marketing", "carla")):
        sign(asked, slot=slot, by=cast[key], at=NOON + DAY + MINUTE)


@pytest.fixture
def exported(signed, tmp_path):
    """The file as the command writes it."""
    path = tmp_path / "chain.json"
    call_command("verify_chain", export=str(path), stdout=io.StringIO())
    return path


def checked(path, *, head=None):
    """Run the documented code on a file; return the exit code and what it says."""
    (written,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), flags=re.DOTALL)
    script = path.with_name("check.py")
    script.write_text(written)
    answer = subprocess.run(
        [sys.executable, "-I", str(script), str(path), *([head] if head else [])],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return answer.returncode, answer.stdout + answer.stderr


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def edit_text(chain):
    row = chain["versions"][-1]
    row["text"] = row["text"].replace("contact", "contract", 1)


def edit_text_and_hash(chain):
    for row in chain["versions"]:
        row["text"] = row["text"].replace("e", "a", 1)
        row["sha256"] = digest(row["text"])


def edit_record(chain):
    row = chain["records"][1]
    row["text"] = row["text"].replace("Carla", "Clara")


def edit_record_and_hash(chain):
    row = chain["records"][1]
    row["text"] = row["text"].replace("Carla", "Clara")
    row["sha256"] = digest(row["text"])


def drop_middle(chain):
    del chain["records"][2]


def drop_tail(chain):
    del chain["records"][-1]
    chain["head_sha256"] = chain["records"][-1]["sha256"]
    chain["activations"] = [row for row in chain["activations"] if not row["is_signed"]]


def reorder(chain):
    records = chain["records"]
    records[1], records[2] = records[2], records[1]


def move_delegation(chain):
    chain["delegations"][0]["ended_at"] = (NOON + 2 * MINUTE).isoformat()


def invent_activation(chain):
    chain["activations"].append(
        {"document": "definitions", "number": 1, "effective_from": "2026-01-01T00:00:00+00:00",
         "is_signed": True}
    )  # fmt: skip
    chain["requests"].append(
        {"document": "definitions", "number": 1, "slots": ["marketing", "sales"]}
    )


def test_intact_export_passes_the_documented_check(exported):
    head = selectors.head_sha256()

    assert checked(exported) == (0, f"Intact: 6 versions, 6 signatures, head {head}\n")
    assert checked(exported, head=head)[0] == 0


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        pytest.param(edit_text, "was edited", id="edited text"),
        pytest.param(edit_text_and_hash, "signs another text", id="edited text and its hash"),
        pytest.param(edit_record, "record 2 was edited", id="edited record"),
        pytest.param(edit_record_and_hash, "record 3 does not follow", id="edited record, hash"),
        pytest.param(drop_middle, "record 3 does not follow", id="dropped middle"),
        pytest.param(drop_tail, "does not contain the head", id="dropped tail, known head"),
        pytest.param(reorder, "record 2 does not follow", id="reordered"),
        pytest.param(move_delegation, "record 4 has no delegation", id="moved delegation"),
        pytest.param(invent_activation, "without all its signatures", id="invented activation"),
    ],
)
def test_tampered_export_fails_the_documented_check(tamper, words, exported):
    head = selectors.head_sha256()
    chain = json.loads(exported.read_text())
    tamper(chain)
    exported.write_text(json.dumps(chain, ensure_ascii=False))

    code, said = checked(exported, head=head)

    assert code == 1
    assert words in said


def test_dropped_tail_is_not_noticed_without_a_head(exported):
    chain = json.loads(exported.read_text())
    drop_tail(chain)
    exported.write_text(json.dumps(chain))

    assert checked(exported)[0] == 0


def test_empty_chain_is_exported_and_intact(cast, tmp_path):
    path = tmp_path / "chain.json"

    call_command("verify_chain", export=str(path), stdout=io.StringIO())

    assert checked(path) == (0, "Intact: 4 versions, 0 signatures, head none\n")


def test_file_that_cannot_be_written_is_said_so(cast, tmp_path):
    with pytest.raises(CommandError, match="cannot write"):
        call_command("verify_chain", export=str(tmp_path / "no" / "x.json"), stdout=io.StringIO())
