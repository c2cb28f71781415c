"""The journal of intents in SQLite: one file for each mode and account."""
