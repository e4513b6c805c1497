"""The user's own pictures: files, folders and arrays."""
