"""Measures: R@kt, and any measure of ir_measures."""
