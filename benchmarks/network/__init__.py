"""Real packets through network namespaces: the emulated networks' counterpart, for root on Linux."""
