"""sellcore."""
