"""Every kind of declared file: its schema and its canonical form."""
