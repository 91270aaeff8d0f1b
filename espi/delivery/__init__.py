"""Data and news go out: notifications, mail."""
