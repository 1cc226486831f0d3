"""Compiles Google's SQL library, so that the first test finds it: `make setup` does."""

from tests.standin.bigquery.googlesql.library import compiled

if __name__ == "__main__":
    compiled()
