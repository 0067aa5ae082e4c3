"""Promotion: the gate, its tests, and a challenger on its way."""
