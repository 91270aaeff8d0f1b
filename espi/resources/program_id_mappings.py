"""ProgramIdMappings: what the bucket and tier numbers in readings are called. It has no address; feeds may carry it."""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import Field, Resource, Struct, register
from espi.resources.function_blocks import FB_12
from espi.resources.parts import IDENTIFIED, ONE, SOME

PROGRAM_ID_MAPPING = Struct(
    "programIdMapping",
    (
        Field("tOUorCPPorConsumptionTier", simple.BUCKET_KIND, "Which element of a reading holds the number.", ONE),
        Field("code", simple.ANY, "The number.", ONE),
        Field("name", simple.ANY, "What it is called.", ONE),
        Field("note", simple.ANY, "What it means."),
    ),
    "The name of one number.",
    extensible=False,
)

PROGRAM_ID_MAPPINGS = register(
    Resource(
        "ProgramIdMappings",
        Struct(
            "ProgramIdMappings",
            (*IDENTIFIED, Field("programIdMapping", PROGRAM_ID_MAPPING, "The name of one number.", SOME)),
        ),
        "What the time-of-use, critical-peak and tier numbers in readings are called.",
        param="program_id_mappings_id",
        under=(),
        blocks=(FB_12,),
    )
)
