"""The operator's side: `rebound`.

A recovery observes the world, plans (pure), executes, verifies (pure) and reports. Nothing here
knows how backups are made; it reads what `manifests` describes.
"""
