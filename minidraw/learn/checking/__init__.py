"""Check of a learner's function, and the likely cause of a mistake.

`judge.judge` calls the function on random cases (`borrowing` notices calls of the package).
If the numbers differ, `diagnosis.find_causes` looks for an explanation that fits every number:
`comparisons` by arithmetic alone, `mutants` by wrong answers made on purpose.  `messages` words
the result.
"""
