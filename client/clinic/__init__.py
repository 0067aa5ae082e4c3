"""The page for clinicians: enter a case, read the differential, confirm a diagnosis."""
