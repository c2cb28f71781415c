"""What others say, made fit for a line of ours."""


def one_line(text: str, longest: int) -> str:
    """
    Return text on one line, without control characters.

    Args:
        text: Untrusted, of any length.
        longest: It is cut behind so many characters.
    """
    printable = "".join(c if c.isprintable() else " " for c in text[: 4 * longest])
    return " ".join(printable.split())[:longest]


def system_words(error: OSError) -> str:
    """Return what the system says is wrong, to stand within a sentence."""
    return (error.strerror or str(error)).lower()
