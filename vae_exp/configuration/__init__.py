"""From words on a command line to objects: compose, check and instantiate a configuration."""
