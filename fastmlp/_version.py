"""The version, in a file of its own that the build reads without an import."""

__version__ = "1.0.0rc1"
