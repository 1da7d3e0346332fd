"""Random files and texts against everything that reads what a person wrote: `make fuzz`."""
