"""Names that outside code imports; our own errors are in `tom_common.errors`."""


class ImproperCredentialsException(Exception):  # noqa: N818 - the name is part of the contract
    """An outside service refused the credentials. The message names the service."""
