"""Reading traces: tables and views, read-only statements, lists of runs."""
