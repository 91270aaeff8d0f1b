"""BatchList: the addresses of what has changed, posted to a third party. A document of its own, outside Atom."""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import Field, Resource, Struct, register
from espi.resources.function_blocks import FB_03, FB_39
from espi.resources.parts import ANY_NUMBER

BATCH_LIST = register(
    Resource(
        "BatchList",
        Struct(
            "BatchListType",
            (Field("resources", simple.ANY_URI, "The address of something that has changed.", ANY_NUMBER),),
            extensible=False,
        ),
        "The addresses of what has changed since the last notification.",
        param="",
        under=(),
        blocks=(FB_03, FB_39),
    )
)
