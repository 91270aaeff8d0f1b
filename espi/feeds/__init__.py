"""Chooses which entries go into which feed, in which order; and downloads in the other formats.

`download` streams the Atom feed, `download_as` any of `FORMATS` with a file name, `stamp` says when a feed last
changed.
"""

from espi.feeds.download import TITLE, download, stamp
from espi.feeds.files import FORMATS, Download, download_as
from espi.feeds.question import SERIES, Question, series_of

__all__ = ["FORMATS", "SERIES", "TITLE", "Download", "Question", "download", "download_as", "series_of", "stamp"]
