"""Checks: what a user gave, as the library takes it, or a sentence saying why not."""
