"""What may be wrong with a hospital's records, in a clinician's words.

Nothing here leaves the hospital, and nothing changes the data: a person decides.
"""
