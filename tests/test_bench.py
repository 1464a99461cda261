"""The benchmarks work: they measure, count what was done, and keep their figures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cast import Cast

ROOT = Path(__file__).resolve().parent.parent


def test_a_quick_run_measures_the_rate_and_keeps_it(tmp_path: Path) -> None:
    kept = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench", "--quick", "--only", "rate", "--keep", str(kept)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert "relance, 2 worker processes" in done.stdout

    found = json.loads(kept.read_text())
    assert found["size"] == "quick"
    assert {"at", "commit", "processor", "cores", "python", "postgresql", "load"} <= found["machine"].keys()
    lines = {(result["name"], result["waiting"]) for result in found["results"]}
    names = ("relance, 1 worker process", "relance, 2 worker processes")
    assert lines == {(name, waiting) for name in names for waiting in (0, 50_000)}
    for result in found["results"]:
        assert {"per_second", "lowest", "highest", "seconds"} <= result["numbers"].keys()


@pytest.mark.django_db
def test_each_part_has_a_cast_of_its_own() -> None:
    one, other = Cast.create(), Cast.create()
    assert one.organization != other.organization
    assert one.member != other.member
