"""Thin Google adapters that both sides share: retries, objects and their versions, jobs, documents."""
