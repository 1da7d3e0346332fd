"""`compound serve` under load: what a request costs, and what fifty people at once see of a store with 100,000 reviews."""
