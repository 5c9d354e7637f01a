"""Readers: exports of viewing history to events."""
