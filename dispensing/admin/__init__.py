"""The pages of staff in the admin; each noun has its own module."""

from dispensing.admin import destructions, label_links, labels, names, papers, units

__all__ = ["destructions", "labels", "names", "papers", "units"]

label_links.register()
