"""HCL: text to bodies to values. The parser's adapter, the evaluator, the functions, the formatter. Knows nothing of kfinfra."""
