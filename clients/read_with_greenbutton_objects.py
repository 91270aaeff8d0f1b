"""What greenbutton-objects finds in each file: a line of JSON a file. Runs in that package's own environment."""

from __future__ import annotations

import json
import sys

from greenbutton_objects import parse


def count(path: str) -> dict[str, int] | str:
    """The number and the sum of the readings, or the error that the package ended with."""
    try:
        points = parse.parse_feed(path)
        values = [each.value for point in points for meter in point.meterReadings for each in meter.intervalReadings]
    except Exception as err:  # noqa: BLE001 - whatever it is, it is the finding
        return f"{type(err).__name__}: {err}"
    return {"readings": len(values), "total": sum(values)}


for name in sys.argv[1:]:
    print(json.dumps(count(name)), flush=True)
