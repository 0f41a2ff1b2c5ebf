"""Kept for one import path: ``FORMAT_MODULE_PATH = ["tom_base.formats"]`` in the settings of existing projects."""
