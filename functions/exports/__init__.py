"""One folder a kind of part: how a night backs it up."""
