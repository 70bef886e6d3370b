"""Connects the actors that this process plays."""


def connect_in_process() -> None:
    """Plug every role's line to the service that answers it, in this process."""
