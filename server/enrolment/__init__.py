"""Who belongs to the federation: its certificate authority, kits and hospitals."""
