"""What pages show, as frozen dataclasses: a template reads these and no model row."""
