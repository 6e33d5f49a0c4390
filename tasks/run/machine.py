"""What doctor looks at beside the systems themselves: space, clocks, and who may listen."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import urlsplit

from tasks.run.doctor import Diagnosis
from tasks.run.settings import Settings

#: A report of 10,000 customers with its Data Docs takes some 30 MB, and runs are kept; while one
#: goes on, a customer takes 5 kB of the temporary folder.
LEAST_FREE_BYTES = 1 << 30
#: Days begin and end by the clock: more than this and a period is judged wrongly.
MOST_CLOCK_SECONDS = 300
_LOCAL = {"localhost", "127.0.0.1", "::1"}


def look_at_machine(diagnosis: Diagnosis, settings: Settings) -> None:
    """Note what would spoil a run though every system answers."""
    _look_at_space(diagnosis, "REPORTS_DIR", settings.reports_dir, "reports")
    _look_at_space(diagnosis, "TMPDIR", Path(gettempdir()), "what a run holds on disk")
    _look_at_clock(diagnosis)
    for name, url in (("ODOO_URL", settings.odoo_url), ("LAGO_API_URL", settings.lago_api_url)):
        parts = urlsplit(url or "")
        if parts.scheme == "http" and parts.hostname not in _LOCAL:
            diagnosis.faults.append(
                (
                    name,
                    f"{name} is http:// to another host: passwords and customers' data would travel"
                    " readable. Use https://.",
                )
            )


def _look_at_space(diagnosis: Diagnosis, setting: str, folder: Path, holds: str) -> None:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < LEAST_FREE_BYTES:
        diagnosis.faults.append(
            (
                "Disk",
                f"{free / 1e6:,.0f} MB are free where {setting} lies ({folder}): make room"
                f" for at least 1 GB, or point {setting} elsewhere.",
            )
        )
    else:
        diagnosis.found.append(("Disk", f"{free / 1e9:,.0f} GB free for {holds}"))


def _look_at_clock(diagnosis: Diagnosis) -> None:
    if diagnosis.asked_at is None:
        return
    apart = (diagnosis.asked_at - datetime.fromisoformat(diagnosis.about["now"])).total_seconds()
    if abs(apart) <= MOST_CLOCK_SECONDS:
        diagnosis.found.append(("Clock", "the same as Odoo's"))
        return
    ahead = "ahead of" if apart > 0 else "behind"
    diagnosis.faults.append(
        (
            "Clock",
            f"The clock of this machine is {abs(apart) / 60:,.0f} minutes {ahead} Odoo's: what has"
            " ended and what is due would be judged differently. Set both by NTP.",
        )
    )
