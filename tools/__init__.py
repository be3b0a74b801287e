"""Scripts that keep the house: set-up, checks, documentation. Not part of the package."""
