"""Confirmed diagnoses: what patients turned out to have, and how good the answers were."""

from client.confirmations.case import ConfirmedCase
from client.confirmations.confirmation import Confirmation
from client.confirmations.confirmations import Confirmations
from client.confirmations.performance import Performance

__all__ = ["Confirmation", "Confirmations", "ConfirmedCase", "Performance"]
