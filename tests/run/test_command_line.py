"""The command line: what people type, what they are told when it is wrong, and how soon."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.__main__ import COMMANDS, command_line, main
from tasks.run.command_line import head_of

ROOT = Path(__file__).parents[2]
HEADS = {
    command: head_of(ROOT / "flows" / f"{module}.py", name)
    for command, (module, name) in COMMANDS.items()
}
#: What people and other programs type today.
TYPED = (
    "backfill --source lago --service nexadesk --dry-run --json",
    "backfill --only customers,plans --limit 10 --batch-rows 100 --workers 1",
    "backfill --max-bad-share 0.5 --max-failed-rows 3 --full-compare",
    "usage --period 2026-05..2026-10 --full --service nexacloud",
    "reconcile --service nexacloud,nexadesk --source nexacloud,lago --period 2026-09",
    "reconcile --max-unexplained-amount 10 --max-unexplained-share 0.02 --batch-rows 10",
    "webhooks --service pilot --lanes 1 --batch-messages 5 --max-messages 5 --max-given-up 1",
    "dual-run --service nexacloud,nexadesk --match-rate 0.9 --max-unexplained 5",
    "cutover --customers 5f0c,77ab --ask terminal --without-stripe-ids --approval-hours 1",
    "cutover --rollback --customers 5f0c --who Ada --reason wrong --batch-customers 3",
    "cards --source file --file cards.csv --dry-run --max-without-card 3 --workers 1",
    "cutover --without-cards --dry-run",
    "doctor --service nexadesk --json",
    "doctor --deep",
)


def parsed(line: str) -> dict[str, object]:
    words = line.split()
    _, bound, _ = command_line(words[0]).parse_args(words, exit_on_error=False, print_error=False)
    return dict(bound.arguments)


@pytest.mark.parametrize("line", TYPED)
def test_what_people_type_today_is_understood(line):
    assert len(parsed(line)) == sum(word.startswith("--") for word in line.split())


def test_names_joined_by_commas_are_a_list_and_other_values_have_their_types():
    told = parsed("backfill --only customers,plans --limit 10 --max-bad-share 0.5 --dry-run")
    assert told == {
        "only": ["customers", "plans"],
        "limit": 10,
        "max_bad_share": 0.5,
        "dry_run": True,
    }


def test_what_is_on_by_itself_is_switched_off_by_its_name():
    assert parsed("cutover --without-stripe-ids") == {"stripe_ids": False}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nope", "nope"),
        ("backfill --nope", "--nope"),
        ("backfill --workers 0", "greater than or equal to 1"),
        ("backfill --workers many", "--workers"),
        ("backfill --source oracle", "nexacloud"),
        ("backfill --only customers,invoices", "'customers', 'plans' or 'deployments'"),
        ("backfill --only ,", "name at least one"),
        ("backfill nexacloud", "nexacloud"),
        ("usage --batch-rows 20001", "less than or equal to 20000"),
        ("webhooks --lanes 17", "less than or equal to 16"),
        ("cutover --approval-hours 0", "greater than 0"),
        ("dual-run --match-rate 99", "less than or equal to 1"),
    ],
)
def test_a_mistyped_command_says_why_on_stderr_and_ends_with_2(line, said, capsys):
    assert main(line.split()) == 2
    out = capsys.readouterr()
    assert said in out.err
    assert out.err.startswith("error: ")
    assert out.out == ""


def test_a_form_that_nobody_could_answer_is_refused_before_anything_starts(monkeypatch, capsys):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert main(["cutover", "--ask", "form"]) == 2
    assert "--ask terminal" in capsys.readouterr().err


@pytest.mark.parametrize("command", HEADS)
def test_help_of_a_command_names_every_option_with_its_help_and_default(command, capsys):
    assert main([command, "--help"]) == 0
    told = " ".join(capsys.readouterr().out.replace("│", " ").split())
    described = (HEADS[command].__doc__ or "").partition("Args:")[2]
    for name, parameter in inspect.signature(HEADS[command]).parameters.items():
        assert f"--{name.replace('_', '-')}" in told
        assert f"{name}: " in described
        if isinstance(parameter.default, int | float) and parameter.default is not False:
            assert parameter.default is True or f"[default: {parameter.default}]" in told


@pytest.mark.parametrize("command", [name for name in HEADS if name != "doctor"])
def test_the_command_line_and_prefects_form_know_the_same_options(command):
    from importlib import import_module

    module, name = COMMANDS[command]
    form = getattr(import_module(f"flows.{module}"), name).parameters.properties
    assert list(form) == list(inspect.signature(HEADS[command]).parameters)
    assert all(each["description"] for each in form.values())


def test_help_comes_at_once_and_without_a_command_it_is_a_mistake():
    def run(*words: str) -> tuple[int, str, float]:
        before = os.times().children_user + os.times().children_system
        done = subprocess.run(
            [sys.executable, "-m", "flows", *words], cwd=ROOT, capture_output=True, text=True
        )
        after = os.times().children_user + os.times().children_system
        return done.returncode, done.stdout, after - before

    code, told, _ = run()
    assert code == 2
    assert all(command in told for command in COMMANDS)
    code, again, seconds = min(run("--help") for _ in range(3))
    assert (code, again) == (0, told)
    # CPU time, on a machine that may do much else beside.
    assert seconds < 0.5


def test_help_imports_neither_prefect_nor_a_client():
    program = (
        "import sys; from flows.__main__ import main; main(['backfill', '--help']);"
        " print('loaded:', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.partition("loaded:")[2].split())
    assert not {"prefect", "great_expectations", "odoorpc", "psycopg2", "polars"} & loaded
