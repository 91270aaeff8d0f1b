"""Chooses which entries go into which feed, in which order; and downloads in the other formats.

`Feed` is the Atom feed with its stamp, `download` streams it, `download_as` any of `FORMATS` with a file name, `stamp`
says when a feed last changed. `contents_of` says what a feed may hold under a scope.
"""

from espi.feeds.contents import ALL, Contents, contents_of
from espi.feeds.download import download, stamp
from espi.feeds.feed import TITLE, Feed, Head, PointEntries
from espi.feeds.files import FORMATS, Download, download_as
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
    "Times",
    "contents_of",
    "download",
    "download_as",
    "series_of",
    "stamp",
]
