"""Pages of the studio: each file has the router of one."""
