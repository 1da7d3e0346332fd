"""From a checked graph to steps with compiled references."""
