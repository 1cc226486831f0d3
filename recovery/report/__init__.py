"""What a command tells a person: documents, and what writes them. Pure."""
