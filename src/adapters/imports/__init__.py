"""Files of other sources, read for what they say and never for what they may mean."""
