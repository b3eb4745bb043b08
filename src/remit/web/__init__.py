"""Delivery over HTTP: parse, authenticate, render."""
