"""Where several processes of the API count requests together."""

from shared.monitoring.counting_together import FOLDER, FOLDER_VARIABLE, counting_together

__all__ = ["FOLDER", "FOLDER_VARIABLE", "counting_together"]
