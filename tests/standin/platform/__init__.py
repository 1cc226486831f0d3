"""An imitation of Google Cloud's control plane: one server that Google's discovery documents drive."""
