"""Drawings that need no other library: boxes and arrows, as SVG."""
