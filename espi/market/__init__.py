"""The market's JSON interfaces."""
