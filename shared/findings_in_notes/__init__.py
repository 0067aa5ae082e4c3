"""Findings of the Human Phenotype Ontology in what people write, for a person to confirm."""
