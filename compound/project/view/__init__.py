"""What operations report: plain values that print as text or JSON."""
