"""`python -m bench`: measure, print the table, keep the figures."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from bench import report
from bench.size import FULL, QUICK
from bench.stand import Failed, progress, standing

SECTIONS = ("rate", "punctuality", "api", "pages", "hub", "peers")


def main() -> int:
    """Return 0 when everything was carried out and counted, 1 when something was not."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave through the doors, which stop what was started
    progress("Starting a database server …")
    try:
        with standing():
            return _run(options)
    except Failed as problem:
        progress(f"Failed: {problem}")
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Relance on this machine.")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, to see that it works")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this alone (may be repeated)")
    parser.add_argument("--profile", action="store_true", help="show where the time of a follow-up goes")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="show the change since this file's run")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the figures here, not to bench-results/")
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    from bench import sections  # needs Django set up

    facts = report.machine()
    size = QUICK if options.quick else FULL
    results, profile = sections.measure(size, options.only or SECTIONS, profiled=options.profile)
    print(report.table(results, facts))
    if profile:
        print(f"\n{profile.text()}")
    if options.compare:
        print(f"\n{report.comparison(results, options.compare)}")
    content = report.content(
        results, facts, "quick" if options.quick else "full", profile.as_json() if profile else None
    )
    path = report.keep(content, options.keep)
    progress(f"Kept in {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
