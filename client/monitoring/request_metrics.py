"""Counts and times of requests, as the API's processes see them."""

from shared.monitoring.request_metrics import BUCKETS, RequestMetrics

__all__ = ["BUCKETS", "RequestMetrics"]
