"""The stand-in for what surrounds the data: for now the endpoint that hands out tokens."""
