"""The fast path's core in an emulated network and virtual time: the very code that ships, minutes in seconds."""
