"""The store: recordings, clips, labels, datasets. The only room with SQL."""
