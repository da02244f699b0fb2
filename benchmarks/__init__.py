"""Benchmarks: real WebRTC peers against a running router, and the floor below it (warm)."""
