"""Questions that only a cloud can answer, asked of the real one and of the local one alike."""
