"""The pages of staff in the admin; each noun has its own module."""

from dispensing.admin import destructions, label_links, labels, names, papers, recalled_people, recalls, reports, units

__all__ = ["destructions", "labels", "names", "papers", "recalled_people", "recalls", "reports", "units"]

label_links.register()
