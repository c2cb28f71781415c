"""One module a command; none imports numpy, pyarrow or ib_async before it must."""
