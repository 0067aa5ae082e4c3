"""A hospital's part in sums that hide what it adds."""

from client.secret_sum.hospital_sums import HospitalSums
from client.secret_sum.run_key import RunKey, node_run_key

__all__ = ["HospitalSums", "RunKey", "node_run_key"]
