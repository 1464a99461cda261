"""What tests of whole processes share: conditions to wait for, and directories that PostgreSQL's account may enter."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory with a short path, which a socket's may not exceed."""
    made = Path(tempfile.mkdtemp(prefix="relance-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Wait until a condition holds; a busy machine takes its time."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 90
        while not condition():
            assert time.monotonic() < deadline, "what was waited for did not happen"
            time.sleep(0.02)

    return wait


@pytest.fixture
def environment(directory: Path) -> dict[str, str]:
    """The environment of an installation in `directory`, with nothing of the test run's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RELANCE_", "DJANGO_"))}
    kept.pop("DATABASE_URL", None)
    return kept | {"RELANCE_DATA": str(directory / "data"), "PYTHONUNBUFFERED": "1"}
