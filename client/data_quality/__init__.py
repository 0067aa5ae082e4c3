"""What may be wrong with a hospital's records, in a clinician's words.

Nothing here leaves the hospital, and nothing changes the data: a person decides.
"""

from client.data_quality.checks import CHECKS, find_all
from client.data_quality.finding import Finding
from client.data_quality.hospital_rows import HospitalRows

__all__ = ["CHECKS", "Finding", "HospitalRows", "find_all"]
