"""What the pages and lists of this app show. Presenters read, decide nothing and write nothing."""
