"""Great Expectations at work: which rows of a frame break which rule of a suite.

Of what it imports, that which none of our rules needs comes on first use, or never.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tasks.check.suites import Rule, Suite
from tasks.model.errors import FatalError

if TYPE_CHECKING:
    import great_expectations as gx
    import pandas as pd
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
    )

#: Drawing, and the statistics of distributions: half of what its import costs.
SELDOM_USED = frozenset({"altair", "scipy.stats"})
#: Databases: Great Expectations does without them, and a check reads none. A second, 20 MB.
NOT_USED = frozenset({"sqlalchemy"})


@contextmanager
def seldom_used_later() -> Iterator[None]:
    """Let imports within the block put off what is seldom used until something looks into it.

    What is not used at all is not there for them; once it was imported elsewhere, it is.
    """
    finder = _Later()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Later(MetaPathFinder):
    """Finds the packages that are seldom used, with a loader that waits."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Give the package's spec, or None for all others: the next finder is asked.

        Raises:
            ModuleNotFoundError: It is one that is not used.
        """
        if fullname in NOT_USED:
            raise ModuleNotFoundError(f"{fullname} is not used", name=fullname)
        if fullname not in SELDOM_USED:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How one rule fared.

    ``checked`` counts the rows it applied to. ``broken`` holds the positions of the rows
    that broke it, in order; it is None when the rule speaks of the table as a whole.
    """

    rule: Rule
    passed: bool
    checked: int
    broken: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Validated:
    """Every rule's result, in the suite's order, and Great Expectations' own ``answer``."""

    rules: tuple[RuleResult, ...]
    answer: ExpectationSuiteValidationResult


def warm_up() -> None:
    """Import Great Expectations, which takes seconds: while something else is waited for."""
    with quiet(), seldom_used_later():
        import great_expectations  # noqa: F401


def validate(suite: Suite, frame: pd.DataFrame) -> Validated:
    """Evaluate every rule of a suite over a frame.

    Raises:
        FatalError: A rule was lost while loading, or could not be evaluated. (Great
            Expectations reports such a rule like one that no row has broken.)
    """
    warm_up()
    with quiet():
        import great_expectations as gx

        context = without_progress_bars(gx.get_context(mode="ephemeral"))
        asset = context.data_sources.add_pandas(suite.name).add_dataframe_asset(suite.name)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
            # Positions, not ids, as index: they stand even when ids repeat or are missing.
            batch_parameters={"dataframe": frame.reset_index(drop=True)}
        )
        result = batch.validate(build_suite(suite), result_format="COMPLETE")
    answers = {rule_name(answer): answer for answer in result.results}
    rules = tuple(_result(suite, rule, answers, len(frame)) for rule in suite.rules.values())
    return Validated(rules, result)


def build_suite(suite: Suite) -> gx.ExpectationSuite:
    """Turn the rules into Great Expectations' own suite.

    Raises:
        FatalError: A rule got lost; a misspelt type would otherwise vanish silently.
    """
    from great_expectations import ExpectationSuite

    definition = suite.definition
    built = ExpectationSuite(
        name=suite.name, expectations=definition["expectations"], notes=definition["notes"]
    )
    if len(built.expectations) != len(definition["expectations"]):
        message = (
            f"Great Expectations knows only {len(built.expectations)} of the "
            f"{len(definition['expectations'])} rules in expectations/{suite.name}.json: "
            "correct the misspelt type."
        )
        raise FatalError(message)
    return built


def without_progress_bars(context: Any) -> Any:
    """Switch off the bars that a context draws for every batch; returns the context."""
    context.variables.progress_bars = {"globally": False}
    return context


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Great Expectations' log lines and warnings out of the flow's log."""
    package = logging.getLogger("great_expectations")
    # This module of theirs sets a level of its own when it is imported; a filter stays.
    talkative = logging.getLogger("great_expectations.data_context.types.base")
    level = package.level
    package.setLevel(logging.ERROR)
    talkative.addFilter(_is_error)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _match_texts_by_python()
            yield
    finally:
        package.setLevel(level)
        talkative.removeFilter(_is_error)


def _match_texts_by_python() -> None:
    """Let pandas match texts by Python's regular expressions, for the rest of the process.

    Those of Arrow, which it would take, know the letters and digits of English alone.
    """
    import pandas as pd

    pd.set_option("mode.string_storage", "python")


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


def rule_name(answer: Any) -> str:
    """Name the rule that an answer of Great Expectations is about."""
    return str(answer.expectation_config.meta["rule"])


def _result(suite: Suite, rule: Rule, answers: dict[str, Any], rows: int) -> RuleResult:
    answer = answers.get(rule.name)
    if answer is None or _raised(answer.exception_info):
        # The exception's own text may quote a customer's data, so it stays out of the message.
        message = (
            f"The quality rule {rule.name} could not be evaluated on {suite.name}: check its "
            f"entry in expectations/{suite.name}.json against the columns of the table."
        )
        raise FatalError(message)
    positions = answer.result.get("unexpected_index_list")
    if positions is None and "unexpected_count" not in answer.result:
        return RuleResult(rule, bool(answer.success), rows, None)
    broken = tuple(sorted(positions or ()))
    checked = rows - (answer.result.get("missing_count") or 0)
    return RuleResult(rule, not broken, checked, broken)


def _raised(exception_info: dict[str, Any]) -> bool:
    """Great Expectations has two shapes: one flat record, or one per metric."""
    records = [exception_info, *exception_info.values()]
    return any(isinstance(entry, dict) and entry.get("raised_exception") for entry in records)
