"""Many streams to one picture and one sound, in a process of its own (warm)."""
