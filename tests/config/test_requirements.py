"""What runs needs nothing that only the tests install."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
IMPORT_ALL = """
import json, pkgutil, sys
import django
django.setup()
import relance
for module in pkgutil.walk_packages(relance.__path__, "relance."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_everything_that_is_imported_is_locked_for_those_who_only_run_it() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, text=True, check=True)
    of_whom = packages_distributions()
    needed = {_plain(name) for module in json.loads(done.stdout) for name in of_whom.get(module, [])}
    locked = {_plain(name) for name in re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.M)}
    assert "django" in needed
    assert needed - locked - {"relance"} == set()


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
