"""A page of everything that left the hospital, for whoever must answer for it."""

from client.egress_page.collecting import egress_content
from client.egress_page.content import EgressContent
from client.egress_page.rendering import render
from client.egress_page.writing import write

__all__ = ["EgressContent", "egress_content", "render", "write"]
