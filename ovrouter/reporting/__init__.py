"""Tells what happened: CDR files and webhooks (cold; what writes and sends is in the modules named after it)."""
