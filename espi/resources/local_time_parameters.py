"""LocalTimeParameters: how local time at a usage point is got from UTC."""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import Field, Resource, Struct, register
from espi.resources.function_blocks import FB_01, FB_03, FB_32
from espi.resources.parts import IDENTIFIED, ONE

CONFIGURATION = (
    Field("dstEndRule", simple.DST_RULE, "When summer time ends; FFFFFFFF where there is none.", ONE),
    Field("dstOffset", simple.TIME, "What summer time adds.", ONE, unit="s"),
    Field("dstStartRule", simple.DST_RULE, "When summer time begins; FFFFFFFF where there is none.", ONE),
    Field("tzOffset", simple.TIME, "Standard time less UTC; negative in the west.", ONE, unit="s"),
)
"""The elements, which the customer namespace has a second time."""

LOCAL_TIME_PARAMETERS = register(
    Resource(
        "LocalTimeParameters",
        Struct("TimeConfiguration", (*IDENTIFIED, *CONFIGURATION)),
        "How local time is got from UTC. For display only: every time in the data is UTC.",
        param="local_time_parameters_id",
        blocks=(FB_01, FB_03, FB_32),
    )
)
