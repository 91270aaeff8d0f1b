"""Every handler of this layer: importing this module lets a worker do its jobs."""

from __future__ import annotations

from espi.delivery import mail, news, notify

__all__ = ["mail", "news", "notify"]
