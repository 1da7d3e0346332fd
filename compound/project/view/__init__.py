"""Reports of operations: plain values that print as text or JSON."""
