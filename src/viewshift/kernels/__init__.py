"""Numeric loops: arrays in, arrays out; they know no panel and validate nothing."""
