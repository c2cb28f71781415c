"""The gateway's no to a request, as a client is told it."""


class Refused(Exception):
    """The gateway says no: an error code of the API and its text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def invalid(cause: str, letters: str = "bN") -> Refused:
    """Return error 321 in the words of a real Gateway, which marks where it was found."""
    return Refused(321, f"Error validating request.-'{letters}' : cause - {cause}")
