"""When the federation runs, and why: calendar, triggers, queue, one run at a time."""
