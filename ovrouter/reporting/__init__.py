"""Tells the application's server what happened: CDR files and webhooks (warm around cold parts)."""

from ovrouter.reporting.reporting import Reporting, open_reporting

__all__ = ["Reporting", "open_reporting"]
