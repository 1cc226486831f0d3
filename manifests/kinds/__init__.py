"""The kinds: what one backup of each says of itself."""
