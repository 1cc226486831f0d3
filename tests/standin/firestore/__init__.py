"""The Firestore stand-in: a gRPC server that Google's client uses unchanged."""
