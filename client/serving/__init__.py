"""Answers at the hospital: models as they were deployed, without what they were trained with."""
