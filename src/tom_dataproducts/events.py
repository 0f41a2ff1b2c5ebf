"""What tom_dataproducts tells the floors above."""

from tom_common.events import Event

data_added = Event("data_added")
"""Reduced data of one target were written: target_id, created (list of ids), updated (list of ids), actor (a user or None)."""

product_stored = Event("product_stored")
"""A file was stored as a data product: product_id, target_id, actor."""
