"""Read other people's files with bounded memory and time. All modules but `run` run in a process without Django."""
