"""The runners of each kind of node."""
