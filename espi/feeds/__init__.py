"""Chooses which entries go into which feed, in which order; and downloads in the other formats.

`Feed` is the Atom feed with its stamp, `download` streams it, `download_as` any of `FORMATS` with a file name, `stamp`
says when a feed last changed, `receipt` what its readings are worth, `contents_of` what it may hold under a scope.
"""

from espi.feeds.contents import ALL, Contents, contents_of
from espi.feeds.download import download, stamp
from espi.feeds.feed import TITLE, Feed, Head, PointEntries
from espi.feeds.files import FORMATS, Download, download_as, receipt_for
from espi.feeds.quality import Receipt, receipt, receipt_of
from espi.feeds.question import HOURLY, SERIES, Page, Question, Times, series_of

__all__ = [
    "ALL",
    "FORMATS",
    "HOURLY",
    "SERIES",
    "TITLE",
    "Contents",
    "Download",
    "Feed",
    "Head",
    "Page",
    "PointEntries",
    "Question",
    "Receipt",
    "Times",
    "contents_of",
    "download",
    "download_as",
    "receipt",
    "receipt_for",
    "receipt_of",
    "series_of",
    "stamp",
]
