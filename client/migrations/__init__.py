"""How the ledger's table came to be as it is: one step per file, oldest first."""
