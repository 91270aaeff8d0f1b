"""The home area network: devices at meters, and the text, prices and load control that they are sent (ZigBee SEP 1.0).

There is no radio here. What is ours are the bytes, the states and who may do what; a utility's head end carries them.
"""
