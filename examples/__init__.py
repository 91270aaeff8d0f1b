"""Programs that show how to use the custodian from outside; nothing in them imports it."""
