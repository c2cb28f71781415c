"""The command line: a thin rim around the core, and the place where adapters are chosen."""
