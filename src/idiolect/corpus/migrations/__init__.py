"""The steps from an older database to this one, run when a store is made or opened."""
