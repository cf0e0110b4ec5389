"""The pages of staff in the admin; each noun has its own module."""

from dispensing.admin import label_links, labels, names, units

__all__ = ["labels", "names", "units"]

label_links.register()
