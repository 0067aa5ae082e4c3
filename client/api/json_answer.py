"""Answers as JSON."""

from shared.http.json_answer import json_answer

__all__ = ["json_answer"]
