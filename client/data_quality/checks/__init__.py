"""Every check, one registry; see `registry`."""

from client.data_quality.checks.registry import CHECKS, Check, find_all

__all__ = ["CHECKS", "Check", "find_all"]
