"""Resources of the platform's configuration: what one backup of a type says of itself."""
