"""The routers that can be measured, each behind ``contract.RouterKind`` (warm)."""
