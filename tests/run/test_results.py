"""What a run remembers for a retry is data: whoever can write there runs nothing."""

from __future__ import annotations

import json
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.serializers import JSONSerializer

from tasks.cutover.records import Switched
from tasks.model.records import LoadedRow, Outcome

RESUMABLE = [
    "tasks.backfill.load:load_bundle",
    "tasks.backfill.load:load_batch",
    "tasks.usage.load:load_batch",
    "tasks.reconcile.load:load_batch",
    "tasks.cutover.switch:switch_bundle",
    "tasks.cutover.switch:return_bundle",
]
TEXTS = st.none() | st.text(st.characters(codec="utf-8"))
ROWS = st.builds(
    LoadedRow,
    st.text(),
    st.text(),
    st.sampled_from(Outcome),
    st.none() | st.integers(),
    TEXTS,
    TEXTS,
)
MOVED = st.builds(Switched, st.text(), st.text(), TEXTS, TEXTS)


@pytest.mark.parametrize("name", RESUMABLE)
def test_answers_that_a_retry_reads_back_are_kept_as_json(name):
    module, _, function = name.partition(":")
    step = getattr(import_module(module), function)
    assert step.persist_result is True
    assert step.result_serializer == "json"


@given(st.lists(ROWS | MOVED))
def test_answers_are_read_back_as_they_were(answers):
    kept = JSONSerializer().dumps(answers)
    json.loads(kept)
    assert JSONSerializer().loads(kept) == answers
