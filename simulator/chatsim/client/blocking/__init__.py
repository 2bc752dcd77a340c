"""The verbs, blocking. Made from `awaited/` by `make client`: change them there."""
