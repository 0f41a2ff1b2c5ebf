class AlertSubmissionException(Exception):  # noqa: N818 - the name is part of the contract
    """An alert could not be submitted to a broker."""
