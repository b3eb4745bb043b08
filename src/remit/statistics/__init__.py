"""Pure numbers in, numbers out: the methods of docs/design/statistics.md."""
