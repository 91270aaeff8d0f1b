"""Notifications: each address of a BatchList is fetched with the token that fits it, one after another."""

from __future__ import annotations

import queue
import threading
from urllib.parse import urlsplit

import requests

from examples.third_party import feed
from examples.third_party.custodian import Custodian, Ended, Refused
from examples.third_party.memory import Connection, Memory


class News:
    """Takes addresses in and fetches them in a thread of its own, so that a notification is answered at once."""

    def __init__(self, custodian: Custodian, memory: Memory) -> None:
        self.custodian, self.memory = custodian, memory
        self._waiting: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._work, name="news", daemon=True).start()

    def take(self, document: bytes) -> None:
        """Note what a BatchList names and have it fetched."""
        for address in feed.notified(document):
            self.memory.note("news", f"Notified of {_short(address)}")
            self._waiting.put(address)

    def wait(self) -> None:
        """Wait until all is fetched."""
        self._waiting.join()

    def _work(self) -> None:
        while True:
            address = self._waiting.get()
            try:
                self.fetch(address)
            except (Refused, feed.NotUnderstood, requests.RequestException) as err:
                self.memory.note("bad", f"{_short(address)}: {err}")
            finally:
                self.memory.keep()
                self._waiting.task_done()

    def fetch(self, address: str) -> None:
        """Get what an address names: a customer's data with his token, lists and our registration with our own."""
        path = urlsplit(address).path
        if "/ApplicationInformation/" in path:
            self.custodian.of_own("registration", address)
            self.memory.note("good", "Read our registration.")
        elif "/Authorization" in path:
            self._read_authorizations(self.custodian.of_own("client", address))
        elif "/Batch/Bulk" in path:
            self._read_bulk(self.custodian.of_own("client", address))
        elif connection := self.memory.of_resource(address):
            self.read(connection, address)
        else:
            self.memory.note("quiet", "That is nobody's who is connected here; it is left alone.")

    def read(self, connection: Connection, address: str) -> None:
        """Get a customer's data; note what is new in it, or that his grant has ended."""
        try:
            document = self.custodian.of_customer(connection, address)
        except Ended:
            connection.state = "ended"
            self.memory.note("bad", "401: the customer ended the connection, or its time is over. Nothing was read.")
            return
        except Refused as err:
            connection.state = "refused" if "403" in str(err) else connection.state
            raise
        if "/RetailCustomer/" in address:
            names = [entry.text("customerName") for entry in feed.entries(document)]
            self.memory.note("good", f"Read who the customer is ({len(names)} entries).")
        else:
            self._merge(connection, feed.series(document), len(document))

    def _merge(self, connection: Connection, found: list[feed.Series], size: int) -> None:
        new = changed = readings = 0
        with self.memory.lock:
            for one in found:
                known = connection.series.setdefault(one.href, feed.Series(one.href, one.title))
                for start_s, block in one.blocks.items():
                    before = known.blocks.get(start_s)
                    new += before is None
                    changed += before is not None and before.readings != block.readings
                    readings += len(block.readings)
                one.blocks = known.blocks | one.blocks
                connection.series[one.href] = one
        days = sum(len(one.blocks) for one in found)
        self.memory.note(
            "good", f"Fetched {readings} readings in {size:,} bytes: {new} days new, {changed} changed, {days} in all."
        )

    def _read_authorizations(self, document: bytes) -> None:
        for entry in feed.entries(document):
            resource, status = entry.text("resourceURI"), entry.text("status")
            connection = self.memory.of_resource(resource)
            if connection is not None and entry.name == "Authorization":
                connection.state = "active" if status == "1" else "ended"
                self.memory.note("news", f"The authorization of a customer is {connection.state} (status {status}).")

    def _read_bulk(self, document: bytes) -> None:
        found = feed.series(document)
        readings = sum(len(block.readings) for one in found for block in one.blocks.values())
        self.memory.note("good", f"Read the bulk feed: {len(found)} series with {readings} readings.")


def _short(address: str) -> str:
    """An address without what all of them begin with."""
    return address.partition("/resource/")[2] or address
