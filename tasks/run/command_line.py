"""Commands out of flows: names, types, bounds, defaults and help stand in a flow's signature alone.

The head of a flow (signature and docstring) is read from its file, because importing it would
import Prefect, for which nobody waits who asks for help or mistypes an option.
"""

from __future__ import annotations

import ast
import inspect
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from types import NoneType
from typing import Annotated, Any

Head = Callable[..., Any]

#: What the frame hands to a flow; nobody can tell it.
_GIVEN = "run"
_JSON = "Print summary.json instead of words."


def summary_of(file: Path, name: str) -> str:
    """Give the first line of a flow's docstring."""
    return (ast.get_docstring(_function(file, name)) or "").partition("\n")[0]


def head_of(file: Path, name: str) -> Head:
    """Make a function with the signature and docstring of a flow, and nothing in it.

    Its parameters can only be given by name. Annotations may name what ``typing`` and
    ``tasks.run.options`` offer.
    """
    from tasks.run import options

    function = _function(file, name)
    positional = function.args.args
    without = [None] * (len(positional) - len(function.args.defaults))
    pairs = [*zip(positional, [*without, *function.args.defaults], strict=True)]
    told = [(each, default) for each, default in pairs if each.arg != _GIVEN]
    function.args.kwonlyargs = [each for each, _ in told]
    function.args.kw_defaults = [default for _, default in told]
    function.args.args, function.args.defaults = [], []
    function.decorator_list, function.returns, function.body = [], None, function.body[:1]
    namespace = {**vars(typing), **vars(options)}
    exec(compile(ast.Module([function], []), str(file), "exec", dont_inherit=True), namespace)  # noqa: S102
    head: Head = namespace[name]
    return head


def command_of(head: Head, run: Callable[[dict[str, Any], bool], int]) -> Callable[..., int]:
    """Make a command for cyclopts: the options of ``head``, and ``--json``.

    Args:
        head: What the options are made of.
        run: Takes the options that were given, and whether JSON is wanted; gives the exit code.
    """
    from cyclopts import Parameter

    def command(**given: Any) -> int:
        return run(given, given.pop("json", False))

    json = inspect.Parameter(
        "json",
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[bool, Parameter(help=_JSON, negative=(), show_default=False)],
    )
    options = [_option(each) for each in inspect.signature(head).parameters.values()]
    command.__doc__ = head.__doc__
    command.__signature__ = inspect.Signature([*options, json])  # type: ignore[attr-defined]
    return command


def _function(file: Path, name: str) -> ast.FunctionDef:
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return next(each for each in body if isinstance(each, ast.FunctionDef) and each.name == name)


def _option(parameter: inspect.Parameter) -> inspect.Parameter:
    """Tell cyclopts how an option is written; what a value may be stays the annotation's say."""
    from cyclopts import Parameter

    hint = parameter.annotation
    # What is on unless told otherwise is switched off by its name, and there is no other way.
    negative = f"--without-{parameter.name.replace('_', '-')}" if parameter.default is True else ()
    kind = Parameter(
        negative=negative,
        converter=_split if _is_list(hint) else None,
        validator=_within(hint),
        show_default=not (isinstance(parameter.default, bool) or parameter.default in (None, "")),
    )
    return parameter.replace(annotation=Annotated[_plain(hint), kind])


def _plain(hint: Any) -> Any:
    """Leave away what pydantic alone reads."""
    if typing.get_origin(hint) is Annotated:
        return typing.get_args(hint)[0]
    alternatives = [each for each in typing.get_args(hint) if each is not NoneType]
    if NoneType in typing.get_args(hint) and len(alternatives) == 1:
        return _plain(alternatives[0]) | None
    return hint


def _is_list(hint: Any) -> bool:
    return any(typing.get_origin(each) is list for each in (hint, *typing.get_args(hint)))


def _split(_type: Any, tokens: Sequence[Any]) -> list[str]:
    """Read names that commas join."""
    names = [name.strip() for token in tokens for name in token.value.split(",")]
    named = [name for name in names if name]
    if not named:
        raise ValueError("Nothing is named: name at least one.")
    return named


def _within(hint: Any) -> Callable[[Any, Any], None]:
    """Make what holds a value to the flow's own annotation."""

    def within(_type: Any, value: Any) -> None:
        from pydantic import TypeAdapter, ValidationError

        try:
            TypeAdapter(hint).validate_python(value)
        except ValidationError as error:
            raise ValueError(
                "; ".join(dict.fromkeys(each["msg"] for each in error.errors()))
            ) from None

    return within
