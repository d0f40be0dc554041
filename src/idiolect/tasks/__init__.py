"""What may be said: sentence templates, pronunciations, the graph, JSON."""
