"""Scripts: their statements in order, those that define things included."""
