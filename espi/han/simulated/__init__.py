"""Simulated networks of meters, with simulated devices at home that speak real frames. No radio, and nobody's home.

All of it is deterministic by its seed and moves by the clock it is given; nothing ever waits.
"""

from __future__ import annotations

from espi.han.simulated.appliances import Appliance, car_charger, display, thermostat, water_heater
from espi.han.simulated.network import SimulatedNetwork
from espi.han.simulated.profiles import CELLULAR, MESH, NO_FAULTS, Faults, Profile

__all__ = [
    "CELLULAR",
    "MESH",
    "NO_FAULTS",
    "Appliance",
    "Faults",
    "Profile",
    "SimulatedNetwork",
    "car_charger",
    "display",
    "thermostat",
    "water_heater",
]
