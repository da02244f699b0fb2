"""What embedders need to test programs that use a router. Warm."""
