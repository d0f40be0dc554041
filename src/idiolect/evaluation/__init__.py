"""References and hypotheses to a report."""
