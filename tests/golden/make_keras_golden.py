"""Train the networks of `recipe.py` with Keras and write `keras.npz` beside it.

To be run by hand, and only when the recipe changes; Keras is not needed for the
tests. In a virtual environment of its own::

    pip install keras==3.15.1 jax==0.10.2
    KERAS_BACKEND=jax python tests/golden/make_keras_golden.py

The file in the repository was made with exactly these versions; it says so itself,
under the name `made_with`. The same numbers from PyTorch (`KERAS_BACKEND=torch`)
differ by up to 2e-7, a fifth of what the tests allow.
"""

from pathlib import Path

import numpy as np


def main() -> None:
    """Run every case and write the file."""
    # Not above: pytest imports this file as well, to look for doctests, and it has
    # neither Keras nor this folder on its path.
    import keras
    import recipe

    answers = {
        f"{case.name}/{key}": values
        for case in recipe.CASES
        for key, values in recipe.run(keras, case).items()
    }
    made_with = f"Keras {keras.__version__}, backend {keras.config.backend()}"
    path = Path(__file__).with_name("keras.npz")
    np.savez_compressed(path, made_with=np.array(made_with), **answers)
    print(
        f"{path}: {len(recipe.CASES)} cases, {path.stat().st_size} bytes, {made_with}"
    )


if __name__ == "__main__":
    main()
