"""The adapters: one outside thing each."""
