"""What was found, as a table for people and as JSON for the next run to be held against."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

DIRECTORY = Path(__file__).resolve().parent.parent / "bench-results"
UNITS = {
    "per_second": "/s",
    "p50": " ms",
    "p95": " ms",
    "p99": " ms",
    "max": " ms",
    "seconds": " s",
    "kilobytes": " kB",
}


@dataclass(frozen=True, slots=True)
class Result:
    """One line's figures with so many follow-ups (or jobs) waiting: rates a second, percentiles in milliseconds."""

    section: str
    name: str
    waiting: int
    numbers: Mapping[str, float]


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest of some seconds, in milliseconds."""
    ordered = sorted(value * 1000 for value in values)
    at = {name: ordered[min(len(ordered) - 1, int(len(ordered) * part))] for name, part in _PARTS.items()}
    return at | {"max": ordered[-1]}


_PARTS = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


def machine() -> dict[str, Any]:
    """What the figures depend on besides the code."""
    from relance.models import sql

    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgresql": sql.rows("SHOW server_version")[0][0],
        "load": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def table(results: Sequence[Result], facts: Mapping[str, Any]) -> str:
    """All figures, a line for each thing measured and a column for each number of those that wait."""
    lines = [
        f"{facts['processor']}, {facts['cores']} cores, {facts['memory_gb']} GB; PostgreSQL {facts['postgresql']},"
        f" Python {facts['python']}; load {facts['load']} at the start",
    ]
    for section in dict.fromkeys(result.section for result in results):
        rows = [result for result in results if result.section == section]
        lines += ["", *_section(section, rows, sorted({row.waiting for row in rows}))]
    return "\n".join(lines)


def _section(title: str, rows: Sequence[Result], columns: Sequence[int]) -> list[str]:
    cells = {(row.name, row.waiting): cell(row.numbers) for row in rows}
    names = list(dict.fromkeys(row.name for row in rows))
    head = [title, *(f"{waiting:,} waiting" if waiting else "nothing else waiting" for waiting in columns)]
    body = [[f"  {name}", *(cells.get((name, waiting), "–") for waiting in columns)] for name in names]
    widths = [max(len(line[at]) for line in [head, *body]) for at in range(len(head))]
    return ["   ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in [head, *body]]  # fmt: skip


def cell(numbers: Mapping[str, float]) -> str:
    """A line's figures in few words."""
    words = []
    if "per_second" in numbers:
        words.append(f"{numbers['per_second']:,.0f}/s")
    if numbers.get("lowest", 0) != numbers.get("highest", 0):
        words.append(f"({numbers['lowest']:,.0f}–{numbers['highest']:,.0f})")
    if numbers.get("done", 0) < numbers.get("of", 0):
        words.append(f"({numbers['done']:,.0f} done when stopped)")
    found = [f"{name} {numbers[name]:,.1f}" for name in ("p50", "p95", "p99", "max") if name in numbers]
    if found:
        words.append("  ".join(found) + " ms")
    if "kilobytes" in numbers:
        words.append(f"{numbers['kilobytes']:,.0f} kB")
    if numbers.get("over"):
        words.append("(over)")
    return "  ".join(words)


def content(
    results: Sequence[Result], facts: Mapping[str, Any], size: str, profile: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Everything that is kept of a run."""
    return {"machine": facts, "size": size, "results": [asdict(result) for result in results], "profile": profile}


def keep(found: Mapping[str, Any], path: Path | None) -> Path:
    """Write a run to `path`, else to a file of its own in `bench-results/`; returns which."""
    if path is None:
        DIRECTORY.mkdir(exist_ok=True)
        path = DIRECTORY / f"{found['machine']['at'].replace(':', '').replace('+0000', 'Z')}.json"
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return path


def comparison(results: Sequence[Result], earlier: Path) -> str:
    """What has changed since an earlier run, figure by figure."""
    content = json.loads(earlier.read_text())
    before = {_key(row, name): value for row in content["results"] for name, value in row["numbers"].items()}
    lines = [f"Against {earlier} ({content['machine']['commit']}, {content['machine']['at']}):"]
    for result in results:
        row = asdict(result)
        changes = [
            f"{name} {_change(before[_key(row, name)], value)}{UNITS[name]}"
            for name, value in result.numbers.items()
            if name in UNITS and _key(row, name) in before
        ]
        if changes:
            lines.append(f"  {result.name}, {result.waiting:,} waiting: {'; '.join(changes)}")
    return "\n".join(lines)


def _key(row: Mapping[str, Any], name: str) -> tuple[Any, ...]:
    return row["section"], row["name"], row["waiting"], name


def _change(before: float, after: float) -> str:
    return f"{before:,.1f} → {after:,.1f} ({(after / before - 1) * 100:+.0f} %)" if before else f"{after:,.1f}"
