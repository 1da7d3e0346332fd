"""What people asked of batches, and the stored runs of suites."""
