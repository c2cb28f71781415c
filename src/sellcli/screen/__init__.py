"""What a user sees: events and tables as a terminal, as plain lines, or as JSON."""
