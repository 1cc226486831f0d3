"""GoogleSQL itself: Google's parser, analyzer and reference evaluator, as WebAssembly."""

from importlib.util import find_spec

for _package in ("zetasql", "wasmtime"):
    if find_spec(_package) is None:
        raise ModuleNotFoundError(
            f"Google's SQL library is not there: the package {_package} is not installed, and without "
            "it nothing judges a statement. hint: run `make setup`, or install requirements/dev.txt",
            name=_package,
        )
