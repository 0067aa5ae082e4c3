"""The OMOP common data model 5.4 as a source: a database in which every event has a concept."""
