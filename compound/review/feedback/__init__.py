"""What is learned from decisions: examples for suites and trainers, and canaries that measure reviewers."""
