"""Pictures of trainings, models and what they do, by matplotlib.

`pip install 'fastmlp[plot]'` brings matplotlib, which is loaded when something is
drawn. Each function draws into the `ax` that it is given, or into a new figure, and
returns the axes: `ax.figure.savefig("picture.pdf")` keeps a picture. None changes
matplotlib's settings; each fits its styles, `dark_background` too.
"""

from fastmlp.plot._activations import activations
from fastmlp.plot._confusion_matrix import confusion_matrix
from fastmlp.plot._decision_boundary import decision_boundary
from fastmlp.plot._history import history
from fastmlp.plot._mistakes import mistakes
from fastmlp.plot._network import network
from fastmlp.plot._weights import weights

__all__ = [
    "activations",
    "confusion_matrix",
    "decision_boundary",
    "history",
    "mistakes",
    "network",
    "weights",
]


def __dir__() -> list[str]:
    return __all__
