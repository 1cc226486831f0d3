"""Fence and thaw: the writers of what is restored are paused, and exactly those are resumed."""
