"""The papers of this app, written in parts so that memory never holds a long one."""
