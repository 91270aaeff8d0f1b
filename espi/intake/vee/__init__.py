"""Validation, estimation and editing (VEE): what each rule finds in a day of readings, and what stands in for a gap."""
