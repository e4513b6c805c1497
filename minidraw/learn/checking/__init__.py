"""Judge a learner's function and name the likely cause of a mistake."""
