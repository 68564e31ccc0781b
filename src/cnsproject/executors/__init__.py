"""Only how fast: one folder per target, the same file names in each."""
