"""What is known of batches while they run and afterwards: counts, pace, cost, errors, dead letters."""
