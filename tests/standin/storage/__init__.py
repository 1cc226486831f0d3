"""An imitation of Cloud Storage: its JSON API, and the part of its XML API that clients use."""
