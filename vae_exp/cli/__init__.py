"""What the commands share: parsing, errors and exit codes, signals, progress and reports."""
