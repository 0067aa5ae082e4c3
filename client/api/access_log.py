"""One JSON line a request."""

from shared.http.access_log import access_log

__all__ = ["access_log"]
