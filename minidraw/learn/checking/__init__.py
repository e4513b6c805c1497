"""Check a learner's function, and diagnose the likely mistake.

`judge.judge` calls the function on random cases (`borrowing` detects calls to the package).
`results` brings what it returned into the form in which it is compared.
If the numbers differ, `diagnosis.find_causes` looks for an explanation that fits every number:
`comparisons` uses arithmetic alone, `mutants` makes wrong answers on purpose.  `messages` writes
the result in words.
"""
