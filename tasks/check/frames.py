"""Rows out of frames and back, without losing a type on the way.

pandas takes more than a second to import: a flow does so when it checks, not when it starts.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

from tasks.model.rows import records
from tasks.model.source import Row

if TYPE_CHECKING:
    import pandas as pd


def rows_of(frame: pd.DataFrame | tuple[Row, ...]) -> tuple[Row, ...]:
    """Turn a frame into rows; every way pandas has of saying "missing" becomes ``None``.

    A ``Decimal("NaN")`` is a value of the source and stays. Rows stay as they are.
    """
    import pandas as pd

    if isinstance(frame, tuple):
        return frame

    def plain(value: Any) -> Any:
        if value is pd.NaT or value is pd.NA:
            return None
        return None if isinstance(value, float) and math.isnan(value) else value

    columns = {str(name): map(plain, frame[name].tolist()) for name in frame}
    return tuple(records(tuple(columns), zip(*columns.values(), strict=True)))


def with_facts(rows: Iterable[Row], facts: Iterable[Row]) -> tuple[Row, ...]:
    """Put each row's facts beside its columns; a fact of a column's name stands instead of it."""
    merged = ({**row, **fact} for row, fact in zip(rows, facts, strict=True))
    if (first := next(merged, None)) is None:
        return ()
    names = tuple(first)
    # By name: a row of which there is little to say may tell its facts in another order.
    values = (tuple(row[name] for name in names) for row in chain([first], merged))
    return tuple(records(names, values))


def frame_of(rows: Iterable[Row], columns: Collection[str]) -> pd.DataFrame:
    """Turn rows into a frame of plain Python values, in the order of the rows.

    Only the named columns are kept. Numbers stay ``Decimal`` or ``int``: the type ``object``
    keeps pandas from making floats of them.
    """
    import pandas as pd

    kept = list(rows)
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in kept], dtype=object) for name in sorted(columns)}
    )
