"""Typed values as HCL has them: types, collections, unknown values, marks. Knows neither syntax nor resources."""
