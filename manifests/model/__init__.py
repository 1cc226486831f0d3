"""What a backup run stores, as frozen values: proofs, runs, and what both share."""
