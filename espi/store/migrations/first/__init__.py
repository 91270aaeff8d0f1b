"""The tables of the first revision, as they were then; later changes are revisions of their own."""
