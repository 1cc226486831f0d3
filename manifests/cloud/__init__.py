"""Thin Google adapters that both sides share: retries, objects, leases, jobs."""
