"""BigQuery: observed, staged, published and proven."""
