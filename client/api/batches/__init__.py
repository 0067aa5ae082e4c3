"""Files of cases that are answered later: kept in the node's folder, each case answered once."""
