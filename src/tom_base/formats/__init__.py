"""How dates and times are written, by language (see Django's FORMAT_MODULE_PATH)."""
