"""Who is told what, by mail and webhook."""
