"""The formats that usage is written in beside Green Button: market CSV, LSE, JSON. Each streams, a day at a time."""
