"""Whether everything is there that a night and a recovery need: `rules` decide, `looks` looks."""
