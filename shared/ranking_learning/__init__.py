"""Learning to rank diseases over hospitals: what each sums, and what is made of the sums.

The modules are imported by name; nothing is loaded until it is used.
"""
