"""The schemas of ESPI 4.0, and of Atom as ESPI uses it. Nothing but files, for whoever judges documents."""
