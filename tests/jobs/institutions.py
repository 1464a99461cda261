"""A small list of institutions that do not exist, in every state and territory, and where the tests know them to be.

Numbers are from the range set aside for fiction (555-01xx).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

# state, area code, ZIP, zone: one line a state or territory, and a second where a state has two zones
PLACES = """
AL 205 35203 America/Chicago
AK 907 99501 America/Anchorage
AZ 602 85004 America/Phoenix
AZ 928 86503 America/Denver
AR 501 72201 America/Chicago
CA 213 90012 America/Los_Angeles
CO 303 80202 America/Denver
CT 203 06510 America/New_York
DE 302 19801 America/New_York
DC 202 20001 America/New_York
FL 305 33130 America/New_York
FL 850 32502 America/Chicago
GA 404 30303 America/New_York
GU 671 96910 Pacific/Guam
HI 808 96813 Pacific/Honolulu
ID 208 83702 America/Boise
ID 208 83814 America/Los_Angeles
IL 312 60602 America/Chicago
IN 317 46204 America/Indiana/Indianapolis
IN 219 46402 America/Chicago
IA 515 50309 America/Chicago
KS 316 67202 America/Chicago
KY 502 40202 America/Kentucky/Louisville
KY 270 42001 America/Chicago
LA 504 70112 America/Chicago
ME 207 04101 America/New_York
MD 410 21202 America/New_York
MA 617 02108 America/New_York
MI 313 48226 America/Detroit
MN 612 55401 America/Chicago
MP 670 96950 Pacific/Guam
MS 601 39201 America/Chicago
MO 816 64108 America/Chicago
MT 406 59101 America/Denver
NE 402 68102 America/Chicago
NV 702 89101 America/Los_Angeles
NH 603 03101 America/New_York
NJ 201 07302 America/New_York
NM 505 87102 America/Denver
NY 212 10007 America/New_York
NC 704 28202 America/New_York
ND 701 58102 America/Chicago
OH 614 43215 America/New_York
OK 405 73102 America/Chicago
OR 503 97204 America/Los_Angeles
PA 215 19107 America/New_York
PR 787 00901 America/Puerto_Rico
RI 401 02903 America/New_York
SC 803 29201 America/New_York
SD 605 57104 America/Chicago
TN 615 37219 America/Chicago
TN 865 37902 America/New_York
TX 512 78701 America/Chicago
TX 915 79901 America/Denver
UT 801 84111 America/Denver
VT 802 05401 America/New_York
VA 804 23219 America/New_York
VI 340 00802 America/Puerto_Rico
AS 684 96799 Pacific/Pago_Pago
WA 206 98104 America/Los_Angeles
WV 304 25301 America/New_York
WI 608 53703 America/Chicago
WY 307 82001 America/Denver
"""

HEADER = ("Facility ID", "Facility Name", "State", "ZIP Code", "Phone Number")


def places() -> list[list[str]]:
    """(state, area code, ZIP, zone) of every line."""
    return [line.split() for line in PLACES.strip().splitlines()]


def write_csv(path: Path) -> int:
    """Write the list as people's exports look; returns how many rows it has."""
    rows = [
        (f"F{number:03}", f"House of Care {number}", state, code, f"({area}) 555-01{number % 100:02}")
        for number, (state, area, code, _) in enumerate(places())
    ]
    _write(path, rows)
    return len(rows)


def _write(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)
