"""`/graphs`: the graphs of the project, what `check` says of them, and a form that runs one."""
