"""Run ``python -m flows`` as a person does, in this process, and keep all that it shows."""

from __future__ import annotations

import io
import json
import runpy
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowFilter,
    FlowFilterName,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort


def run_command(words: list[str], reports: Path, said: io.StringIO) -> dict[str, str]:
    """Run one command; gives its files by name, as they are.

    Args:
        words: What is typed after ``python -m flows``.
        reports: The folder of reports, empty of this flow's ``latest`` if nothing is to be kept.
        said: What is typed when it asks, a line each.

    Returns:
        ``terminal.txt``, ``prefect.json`` unless no run began, and the files of the report.
    """
    flow = words[0]
    before = _newest(flow)
    files = {"terminal.txt": _typed(words, said)}
    run = _newest(flow)
    if run is None or (before and before.id == run.id):
        return files
    files["prefect.json"] = json.dumps(_in_prefect(run), ensure_ascii=False, indent=2)
    page = reports / flow / "latest"
    for path in sorted(page.resolve().iterdir()) if run.state_name != "ConfigurationError" else ():
        if path.suffix in {".json", ".csv", ".html"}:
            # A table in a spreadsheet's form ends its lines as spreadsheets do.
            files[path.name] = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    return files


def _typed(words: list[str], said: io.StringIO) -> str:
    """Run it; gives what was printed, a complaint, and the exit code."""
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    # Another test of this process may have imported it.
    sys.modules.pop("flows.__main__", None)
    with (
        patch.object(sys, "argv", ["flows", *words]),
        patch.object(sys, "stdin", said),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            runpy.run_module("flows", run_name="__main__", alter_sys=True)
        except SystemExit as end:
            code = end.code
    # The rest is the log, whose lines come in no order.
    complaints = [line for line in err.getvalue().splitlines() if line.startswith("error:")]
    return "\n".join([out.getvalue().rstrip(), *complaints, f"exit code {code or 0}"]).lstrip()


def _newest(flow: str) -> FlowRun | None:
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
            sort=FlowRunSort.START_TIME_DESC,
            limit=1,
        )
    return runs[0] if runs else None


def _in_prefect(run: FlowRun) -> dict[str, Any]:
    """What Prefect shows of a run."""
    with get_client(sync_client=True) as client:
        artifacts = _artifacts(client, run.id)
    state = run.state
    return {
        "name": run.name,
        "parameters": run.parameters,
        "state": [state.type.value, state.name, state.message] if state else None,
        "artifacts": artifacts,
    }


def _artifacts(client: SyncPrefectClient, run: UUID) -> list[dict[str, Any]]:
    found = client.read_artifacts(
        artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
    )
    shown = []
    for each in sorted(found, key=lambda each: (each.key or "", str(each.created))):
        data: Any = each.data
        if each.type == "table":
            data = json.loads(data)
        elif each.type == "markdown":
            data = data.splitlines()
        shown.append(
            {"key": each.key, "type": each.type, "description": each.description, "data": data}
        )
    return shown
