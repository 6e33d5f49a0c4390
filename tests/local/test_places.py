"""Folders of the local stack: two commands that start at once share them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deployments.local.places import make_folder

pytestmark = pytest.mark.pure


def test_who_needs_a_folder_at_the_same_moment_gets_it(tmp_path: Path) -> None:
    """Without it, the second of two first runs on a new machine stops before it begins."""
    together = threading.Barrier(8)

    def make(folder: Path) -> Path:
        together.wait()
        return make_folder(folder)

    with ThreadPoolExecutor(8) as pool:
        for attempt in range(50):
            folder = tmp_path / str(attempt) / "cache" / "scratch"
            assert list(pool.map(make, [folder] * 8)) == [folder] * 8
