"""Quality of decisions: blind samples, the monitor of automatic decisions, figures."""
