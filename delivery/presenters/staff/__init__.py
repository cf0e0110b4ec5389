"""What the pages of staff show of orders; staff work in English."""
