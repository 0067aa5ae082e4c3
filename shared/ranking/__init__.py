"""Ranking thousands of diseases by a patient's findings: knowledge and hospitals' cases weighed.

The modules are imported by name; nothing is loaded until it is used.
"""
