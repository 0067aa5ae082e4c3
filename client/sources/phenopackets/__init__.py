"""GA4GH Phenopackets (version 2, JSON): a patient each, in files, a folder or a ZIP."""
