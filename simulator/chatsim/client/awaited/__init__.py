"""The verbs of the control API, awaited. `blocking/` is made from this folder: `make client` after a change."""
