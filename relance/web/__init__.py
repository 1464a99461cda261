"""Pages: one module a page, its templates beside its name."""
