"""Files to try the kit with: good ones, and for each rule one that breaks it in a single way.

`good/` holds whole files of an invented custodian. A broken file is told as one alteration of a good one, in
`broken/*.toml`; `python -m conformance.samples FOLDER` writes them all out.
"""
