"""The competitor: the same network in NumPy, as fast as we know how to write it.

float32 throughout, every buffer allocated once, every operation in place, one flat
array each for parameters, gradients and RMSprop's memory, so that the optimizer is a
few calls for the whole network. What was tried and is slower here: indexing instead of
`take`, the update in pieces that fit a near cache, writing zeros where a unit is off
instead of multiplying by the mask.
"""

from itertools import pairwise

import numpy as np

LEARNING_RATE = np.float32(0.001)
RHO = np.float32(0.9)
EPSILON = np.float32(1e-7)


class NumpyMLP:
    """Dense layers with ReLU, softmax at the end, cross-entropy, and RMSprop.

    Args:
        sizes: Inputs, units of each hidden layer, and classes, such as [784, 128, 10].
        batch_size: Rows of the largest batch.
        seed: Of the initial weights and of the shuffling.

    Example:
        >>> network = NumpyMLP([4, 8, 3], batch_size=2)
        >>> network.predict(np.zeros((1, 4), np.float32)).round(3)
        array([[0.333, 0.333, 0.333]], dtype=float32)
    """

    def __init__(self, sizes, batch_size=128, seed=0):
        self.rng = np.random.default_rng(seed)
        self.sizes = list(sizes)
        self.batch_size = batch_size
        pairs = list(pairwise(sizes))
        count = sum((inputs + 1) * outputs for inputs, outputs in pairs)
        self.parameters = np.zeros(count, np.float32)
        self.gradients = np.zeros(count, np.float32)
        self.mean_square = np.zeros(count, np.float32)
        self.step = np.empty(count, np.float32)
        self.layers = self._views(self.parameters, pairs)
        self.layer_gradients = self._views(self.gradients, pairs)
        for w, _ in self.layers:
            limit = np.sqrt(6 / sum(w.shape))
            w[...] = self.rng.uniform(-limit, limit, w.shape)
        self._allocate()

    @staticmethod
    def _views(flat, pairs):
        """Return each layer's w and b as views of one flat array."""
        views, begin = [], 0
        for inputs, outputs in pairs:
            middle = begin + inputs * outputs
            end = middle + outputs
            views.append(
                (flat[begin:middle].reshape(inputs, outputs), flat[middle:end])
            )
            begin = end
        return views

    def _allocate(self):
        rows = self.batch_size
        self.x = np.empty((rows, self.sizes[0]), np.float32)
        self.t = np.empty((rows, self.sizes[-1]), np.float32)
        self.outputs = [np.empty((rows, n), np.float32) for n in self.sizes[1:]]
        self.deltas = [np.empty((rows, n), np.float32) for n in self.sizes[1:]]
        self.masks = [np.empty((rows, n), bool) for n in self.sizes[1:]]

    def fit(self, x, y, epochs=1):
        """Train on x (rows, inputs) and one-hot y; return the losses of the epochs."""
        x = np.ascontiguousarray(x, np.float32)
        y = np.ascontiguousarray(y, np.float32)
        losses = []
        for _ in range(epochs):
            order = self.rng.permutation(len(x))
            total = 0.0
            for begin in range(0, len(x), self.batch_size):
                rows = order[begin : begin + self.batch_size]
                # In the mode "raise", take writes to a buffer of its own first.
                a = np.take(x, rows, 0, out=self.x[: len(rows)], mode="clip")
                t = np.take(y, rows, 0, out=self.t[: len(rows)], mode="clip")
                total += self.train_on_batch(a, t) * len(rows)
            losses.append(total / len(x))
        return losses

    def train_on_batch(self, x, t):
        """Take one step of RMSprop; return the mean loss before it."""
        rows = len(x)
        outputs = [y[:rows] for y in self.outputs]
        deltas = [dy[:rows] for dy in self.deltas]
        p = self._forward(x, outputs)
        # Of one-hot targets, this is the probability of the right class.
        right = np.einsum("ij,ij->i", p, t)
        loss = -float(np.log(np.maximum(right, EPSILON)).mean())
        np.subtract(p, t, out=deltas[-1])
        deltas[-1] *= np.float32(1 / rows)
        for i in reversed(range(len(self.layers))):
            dy = deltas[i]
            dw, db = self.layer_gradients[i]
            np.matmul((outputs[i - 1] if i else x).T, dy, out=dw)
            np.add.reduce(dy, axis=0, out=db)
            if i:
                np.matmul(dy, self.layers[i][0].T, out=deltas[i - 1])
                mask = np.greater(outputs[i - 1], 0, out=self.masks[i - 1][:rows])
                np.multiply(deltas[i - 1], mask, out=deltas[i - 1])
        self._update()
        return loss

    def predict(self, x):
        """Return the probabilities, (rows, classes)."""
        x = np.asarray(x, np.float32)
        outputs = [np.empty((len(x), n), np.float32) for n in self.sizes[1:]]
        return self._forward(x, outputs)

    def _forward(self, x, outputs):
        """Fill `outputs` layer by layer; return the last, the probabilities."""
        for (w, b), y in zip(self.layers, outputs, strict=True):
            np.matmul(x, w, out=y)
            y += b
            if y is not outputs[-1]:
                x = np.maximum(y, 0, out=y)
        y -= y.max(axis=1, keepdims=True)
        np.exp(y, out=y)
        y /= y.sum(axis=1, keepdims=True)
        return y

    def _update(self):
        """v <- rho v + (1 - rho) dw^2; w <- w - rate dw / sqrt(v + epsilon)."""
        g, v, step = self.gradients, self.mean_square, self.step
        v *= RHO
        np.multiply(g, g, out=step)
        step *= 1 - RHO
        v += step
        np.add(v, EPSILON, out=step)
        np.sqrt(step, out=step)
        np.divide(g, step, out=step)
        step *= LEARNING_RATE
        self.parameters -= step
