"""ServiceStatus: whether the custodian is up. A document of its own, outside Atom, at `/ReadServiceStatus`."""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import Field, Resource, Struct, register
from espi.resources.function_blocks import FB_03
from espi.resources.parts import ONE

SERVICE_STATUS = register(
    Resource(
        "ServiceStatus",
        Struct("ServiceStatus", (Field("currentStatus", simple.SERVICE_STATUS, "Whether it is up.", ONE),)),
        "Whether the custodian is up.",
        param="",
        under=(),
        blocks=(FB_03,),
    )
)
