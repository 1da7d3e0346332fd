"""What decisions teach: exports, canaries, figures of quality."""
