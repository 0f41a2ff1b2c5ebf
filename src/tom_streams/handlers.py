"""Handlers that need nothing of the TOM."""

import logging

logger = logging.getLogger(__name__)


def alert_logger(alert, metadata):
    """Write a line for each message into the log."""
    logger.info("%s[%s]@%s: %s bytes", metadata.topic, metadata.partition, metadata.offset, len(alert.raw))


def heartbeat_handler(alert, metadata):
    """A heartbeat says only that the stream lives."""
    logger.debug("heartbeat of %s", metadata.topic)
