"""How torch works underneath a run: device, threads, memory, number format, random numbers."""
