"""One folder a kind of part: what one backup of it says, where it is, and when it agrees with itself."""
