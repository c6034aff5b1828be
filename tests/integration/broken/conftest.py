"""Modules of these tests lie beside them."""
