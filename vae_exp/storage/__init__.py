"""What is on the disk: the folder of a run while it is written, and read back afterwards."""
