"""What is published of diseases: the ontology's terms and the annotations of OMIM and Orphanet."""

from shared.knowledge.knowledge import Knowledge, Published, read_published
from shared.knowledge.matching import KnowledgeScores, Matcher

__all__ = ["Knowledge", "KnowledgeScores", "Matcher", "Published", "read_published"]
