"""How a hospital's own data becomes records of the contract."""

from client.sources.loading import CheckedSource, LoadedRecords, check_records, load_records

__all__ = ["CheckedSource", "LoadedRecords", "check_records", "load_records"]
