"""The recorder: the child process that writes streams to files as they are (warm)."""
