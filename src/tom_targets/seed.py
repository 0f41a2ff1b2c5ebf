"""Contract path of seeding."""


def seed_messier_targets():
    """Add the 110 objects of the Messier catalogue as PUBLIC targets, in the list "Messier Catalog"."""
    from tom_targets.services.seeding import seed_messier

    return seed_messier(actor=None)
