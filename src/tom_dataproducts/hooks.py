"""The hooks' default functions: they only log."""

import logging

logger = logging.getLogger(__name__)


def data_product_post_upload(dp):
    """A file was uploaded, and is not processed yet."""
    logger.info("Data product post upload hook: %s", dp)


def data_product_post_save(dps):
    """A product of an observation was saved by its id."""
    logger.info("Data product post save hook: %s", dps)


def multiple_data_products_post_save(dps):
    """A selection of products of an observation was saved."""
    logger.info("Multiple data products post save hook: %s", dps)
