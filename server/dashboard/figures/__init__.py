"""The dashboard's figures: as those of reports, drawn in the reader's language."""
