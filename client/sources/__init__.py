"""How a hospital's own data becomes records of the contract."""

from client.sources.loading import LoadedRecords, load_records

__all__ = ["LoadedRecords", "load_records"]
