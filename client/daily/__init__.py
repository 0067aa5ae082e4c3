"""The daily job: each new record of the source is answered once, and a report says what came."""
