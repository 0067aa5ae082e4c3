"""How much one key may ask."""

from shared.http.rate_limits import RateLimits

__all__ = ["RateLimits"]
