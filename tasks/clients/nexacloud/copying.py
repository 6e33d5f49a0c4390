"""Turns the text of a PostgreSQL COPY, as it arrives, into Arrow record batches.

One thread lets PostgreSQL write CSV into a pipe, the other parses it; the pipe is what keeps
memory constant, because a full one makes PostgreSQL wait.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv

from tasks.clients.nexacloud.readable import UNREADABLE

# Arrow's own pool keeps what was freed, some 25 MB; the system's gives it back.
pa.set_memory_pool(pa.system_memory_pool())

BLOCK_BYTES = 1 << 20
# A row must fit into one block, or Arrow refuses it; of a text PostgreSQL gives 100,000 bytes at
# most. Larger blocks cost memory: Arrow reads some ahead.
TEXT_BLOCK_BYTES = 1 << 22


class CopyThread:
    """Runs ``copy`` into a pipe, beside the thread that reads ``output``.

    Attributes:
        output: The read end.
        error: What the copy ended with; complete once ``output`` has reached its end.
        stopped: Whether the copy was ended early, on purpose.
    """

    def __init__(self, copy: Callable[[BinaryIO], None]) -> None:
        read_end, write_end = os.pipe()
        self.output = open(read_end, "rb")  # noqa: SIM115 - finish() closes it
        self.error: Exception | None = None
        self.stopped = False
        self._copy = copy
        self._input: BinaryIO = os.fdopen(write_end, "wb", BLOCK_BYTES)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nexacloud-copy", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Swallow what is still to come and wait for the end."""
        if not self.output.closed:
            while self.output.read(BLOCK_BYTES):
                pass
            self._thread.join()
            self.output.close()

    def stop(self, cancel: Callable[[], None]) -> None:
        """End the copy with ``cancel``, unless it has ended by itself."""
        if not self._ended.is_set():
            self.stopped = True
            cancel()
        self.finish()

    def _run(self) -> None:
        # The end is noted before the pipe closes: whoever reads its end can trust ``error``.
        with self._input:
            try:
                self._copy(self._input)
            except Exception as error:  # noqa: BLE001 - the reading thread raises it again
                self.error = error
            finally:
                self._ended.set()


def read_batches(
    source: BufferedReader, schema: pa.Schema, batch_rows: int, *, has_texts: bool
) -> Iterator[pa.RecordBatch]:
    """Yield batches of ``batch_rows`` rows (the last one may be shorter); none for no rows.

    Args:
        source: CSV as COPY writes it: NULL is nothing, an empty text is ``""``.
        schema: Names and types, in the order of the columns.
        batch_rows: Rows in a batch.
        has_texts: Whether a value may be longer than an id or a number ever is.

    Raises:
        pyarrow.ArrowInvalid: A value is none of its column's type.
    """
    if not source.peek(1):
        return
    reader = csv.open_csv(
        source,
        read_options=csv.ReadOptions(
            column_names=schema.names,
            block_size=TEXT_BLOCK_BYTES if has_texts else BLOCK_BYTES,
            use_threads=True,
        ),
        # The row of one column that is NULL is an empty line: it counts.
        # A text, also one that is an id, may have several lines.
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            # A text that is no UTF-8 is named with its row, below.
            check_utf8=False,
            quoted_strings_can_be_null=False,
        ),
    )
    yield from _regroup(reader, schema, batch_rows)


def _regroup(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, rows: int
) -> Iterator[pa.RecordBatch]:
    waiting = pa.Table.from_batches([], schema)
    for batch in batches:
        arrived = pa.Table.from_batches([_in_utf8(batch.cast(schema))])
        waiting = pa.concat_tables([waiting, arrived])
        while waiting.num_rows >= rows:
            yield waiting.slice(0, rows).combine_chunks().to_batches()[0]
            waiting = waiting.slice(rows)
    if waiting.num_rows:
        yield waiting.combine_chunks().to_batches()[0]


def _in_utf8(batch: pa.RecordBatch) -> pa.RecordBatch:
    r"""Show bytes that are no UTF-8 as ``\x`` signs, and name the column in ``unreadable``."""
    spoiled: dict[int, list[str]] = {}
    for field in batch.schema:
        column = batch.column(field.name)
        if not pa.types.is_string(field.type) or _is_utf8(column):
            continue
        values = column.cast(pa.binary()).to_pylist()
        shown = [value and value.decode("utf-8", "backslashreplace") for value in values]
        for row, (value, text) in enumerate(zip(values, shown, strict=True)):
            if value and value != text.encode():
                spoiled.setdefault(row, []).append(f"{field.name} is no UTF-8")
        batch = _with(batch, field, shown)
    if spoiled and UNREADABLE in batch.schema.names:
        told = batch.column(UNREADABLE).to_pylist()
        for row, names in spoiled.items():
            told[row] = ", ".join([*filter(None, [told[row]]), *names])
        batch = _with(batch, batch.schema.field(UNREADABLE), told)
    return batch


def _is_utf8(column: pa.Array) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _with(batch: pa.RecordBatch, field: pa.Field, values: list[str | None]) -> pa.RecordBatch:
    return batch.set_column(
        batch.schema.get_field_index(field.name), field, pa.array(values, pa.string())
    )
