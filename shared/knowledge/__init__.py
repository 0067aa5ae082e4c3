"""What is published of diseases: the ontology's terms and the annotations of OMIM and Orphanet."""
