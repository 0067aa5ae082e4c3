"""Experiments, the demonstration and the benchmarks: a whole federation on one machine."""
