"""The contract between the backup functions and the recovery command.

Everything both sides must agree on is here and nowhere else: what is protected (`catalog`), what a
backup run stores (`model`), where it stores it (`layout`), how content is compared (`fingerprint`,
`avro`), which run is restored (`selection`), which run may be deleted (`retention`), and how a
manifest is read and written (`store`). `cloud` holds the thin Google adapters both sides share.
"""

__version__ = "0.1.0"
