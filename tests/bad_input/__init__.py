"""The catalogue of mistakes: rows that any library with Keras's names can be asked.

A row is (call, error, words): what is done wrong, the class of the exception or of the
warning, and what its sentence must say, parts of it between bars. `call(k)` takes the
library, `call(k, m)` a trained model of it as well. Its name begins with what is called,
as users write it, so that `test_bad_input.py` knows which name has no row yet.
"""
