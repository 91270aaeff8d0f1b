"""What greenbutton-objects finds in each file: a line of JSON a file. Runs in that package's own environment."""

from __future__ import annotations

import json
import sys

from greenbutton_objects import parse


def count(path: str) -> dict[str, object] | str:
    """The number and the sums of the readings, or the error that the package ended with.

    The package multiplies by the power of ten in floating point; here the whole number is got back.
    """
    readings, totals = 0, {}
    try:
        for meter in (meter for point in parse.parse_feed(path) for meter in point.meterReadings):
            power = meter.readingType.powerOfTenMultiplier
            values = [round(each.value / 10**power) for each in meter.intervalReadings]
            readings += len(values)
            totals[str(power)] = totals.get(str(power), 0) + sum(values)
    except Exception as err:  # noqa: BLE001 - whatever it is, it is the finding
        return f"{type(err).__name__}: {err}"
    return {"readings": readings, "totals": totals}


for name in sys.argv[1:]:
    print(json.dumps(count(name)), flush=True)
