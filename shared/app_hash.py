"""Which Flower app belongs to this release."""

from __future__ import annotations

# SHA-256 of the app bundle that Flower makes of server/flower_app, the same on every machine. A
# hospital runs no app but this one and those its administrator approved.
RELEASE_APP_HASH = "3e9c5340dbcbc33a830815961c2c8cd7d96109f29668fdffdb16ad9023b5f53d"
