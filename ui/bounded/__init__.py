"""Reading foreign files with bounded memory and time. All but `run` is run in a bare process and imports no Django."""
