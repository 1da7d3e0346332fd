"""The way in: who calls, whether they may, signing in and out."""
