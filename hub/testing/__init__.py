"""The product for plugin authors: contract tests and real or strict counterparts to run them against."""
