"""Tables of BigQuery, as a run stores them."""
