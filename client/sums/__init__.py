"""A hospital's part of sums over the patients of all hospitals."""

from client.sums.answering import add_to_sum

__all__ = ["add_to_sum"]
