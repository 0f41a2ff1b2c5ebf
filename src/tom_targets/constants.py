"""Names of kinds, rights and reserved holders, free of Django so that any module may read them."""

SIDEREAL = "SIDEREAL"
NON_SIDEREAL = "NON_SIDEREAL"

PRIVATE = "PRIVATE"
PUBLIC = "PUBLIC"
OPEN = "OPEN"

# Holders in the grant index: an auth group is its key, a user is minus its key; these two stand for sets of people.
EVERYONE = 2**62  # every logged-in user
VISITORS = 2**62 + 1  # nobody has logged in

HOLDERS_OF_PERMISSION = {PRIVATE: (), PUBLIC: (EVERYONE,), OPEN: (EVERYONE, VISITORS)}
