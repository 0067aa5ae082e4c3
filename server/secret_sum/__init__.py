"""The coordinator's part in secret sums: asking, asking again, adding."""

from server.secret_sum.adding import sum_masked
from server.secret_sum.collecting import Ask, SecretTotal, collect

__all__ = ["Ask", "SecretTotal", "collect", "sum_masked"]
