"""Pure astronomical functions: no Django, no network, no state.

Units are in the names (``ra_deg``, ``pm_ra_masyr``) or in the docstrings. Scalars give scalars, arrays give arrays. The modules import
numpy and erfa only when they need them, so that importing this package costs nothing.
"""
