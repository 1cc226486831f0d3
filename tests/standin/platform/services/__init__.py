"""What the discovery documents do not say, one module a service."""
