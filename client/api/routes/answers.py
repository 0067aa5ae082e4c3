"""What the description of the API says of each address's problems."""

from shared.http.described_problems import ALWAYS, PROBLEM_SCHEMA, problems

__all__ = ["ALWAYS", "PROBLEM_SCHEMA", "problems"]
