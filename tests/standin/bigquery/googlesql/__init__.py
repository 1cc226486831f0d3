"""GoogleSQL itself: Google's parser, analyzer and reference evaluator, as WebAssembly."""
