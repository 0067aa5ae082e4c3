"""FHIR R4 in and out: a patient's resources as a case, an answer as a RiskAssessment."""
