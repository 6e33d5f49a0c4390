"""Command line of the sample: ``python -m deployments.sample create --help``."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import psycopg2

from deployments.sample.database import (
    NotEmptyError,
    create_database,
    grant_reader,
    write_sample,
)
from deployments.sample.lago.constructs.table import page
from deployments.sample.lago.constructs.world import construct_document
from deployments.sample.lago.tenant.defaults import default_document
from deployments.sample.rows import CopyText
from deployments.sample.sample import SampleSpec, generate, lago_document

EXIT_USAGE = 2


def main(arguments: list[str] | None = None) -> int:
    """Create the sample database; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.verb == "constructs":
        options.out.write_text(page(), encoding="utf-8")
        return 0
    try:
        dirty = (0 if options.clean else 3) if options.dirty is None else options.dirty
        spec = SampleSpec(
            options.customers,
            options.seed,
            Decimal(dirty),
            options.usage_months,
            options.as_of,
            options.clean,
        )
    except ValueError as error:
        parser.error(str(error))
    if options.verb == "create" and options.replace and not options.database:
        parser.error("--replace drops a database: name it with --database")
    if options.verb == "lago":
        match options.world:
            case "constructs":
                document = construct_document()
            case "defaults":
                document = default_document(options.customers, options.as_of)
            case _:
                document = lago_document(spec)
        options.out.write_text(json.dumps(document), encoding="utf-8")
        return 0
    try:
        dsn = options.dsn
        if options.database:
            dsn = create_database(dsn, options.database, replace=options.replace)
        tables = generate(spec)
        write_sample(dsn, tables)
        grant_reader(dsn, options.reader_password)
        print(_summary(tables))
        return 0
    except NotEmptyError:
        fault = (
            "The database is there already; name another with --database, or add --replace to"
            " drop it and start anew."
        )
    except psycopg2.OperationalError:
        fault = (
            "PostgreSQL cannot be reached with --dsn, or refused it; check host, port, role and"
            " password."
        )
    print(fault, file=sys.stderr)
    return EXIT_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deployments.sample")
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="create a sample database of NexaCloud")
    create.add_argument("--dsn", required=True, help="an administrator's address of PostgreSQL")
    create.add_argument(
        "--database", help="database to create (default: fill the empty one that --dsn names)"
    )
    create.add_argument(
        "--reader-password", required=True, help="password to set for the role nexa_readonly"
    )
    create.add_argument("--replace", action="store_true", help="drop --database if it exists")
    lago = verbs.add_parser("lago", help="write what Lago holds of the same sample, as JSON")
    lago.add_argument("--out", type=Path, required=True, help="file to write")
    lago.add_argument(
        "--world",
        choices=("sample", "constructs", "defaults"),
        default="sample",
        help="the same sample; a customer for each thing that Lago can say; or a tenant with"
        " Lago's defaults",
    )
    for verb in (create, lago):
        _add_spec(verb)
    table = verbs.add_parser("constructs", help="write the page of all that Lago can say")
    table.add_argument("--out", type=Path, default=Path("docs/lago-constructs.md"))
    return parser


def _add_spec(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--customers", type=int, default=500)
    verb.add_argument("--seed", type=int, default=7, help="the same seed gives the same rows")
    verb.add_argument(
        "--dirty", type=_percentage, help="percentage of rows that break a rule (default: 3)"
    )
    verb.add_argument(
        "--clean",
        action="store_true",
        help="nothing is wrong: no row breaks a rule, every invoice is what the terms say",
    )
    verb.add_argument("--usage-months", type=int, default=6, help="months of usage and invoices")
    verb.add_argument(
        "--as-of", type=date.fromisoformat, default=date(2026, 11, 1), help="the sample's today"
    )


def _percentage(text: str) -> Decimal:
    try:
        return Decimal(text.removesuffix("%"))
    except InvalidOperation as error:
        raise argparse.ArgumentTypeError(f"not a percentage: {text}") from error


def _summary(tables: dict[str, CopyText]) -> str:
    lines = [f"{table}: {text.rows:,}" for table, text in tables.items()]
    for table, column, what in (
        ("dirty_labels", "label", "broken on purpose"),
        ("injected_differences", "cause", "billed differently on purpose"),
        ("events", "kind", "happened"),
    ):
        text = tables[f"sample.{table}"]
        place = text.columns.index(column)
        rows = text.data().decode().splitlines()
        for word, count in sorted(Counter(row.split("\t")[place] for row in rows).items()):
            lines.append(f"  {what}: {word} {count:,}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
