"""Every kind of declared file: its schema, its canonical form."""
