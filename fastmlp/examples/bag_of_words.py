"""What a text says: a bag of words in a sparse matrix.

Which words a review has, and not in which order, mostly tells whether it praises. As a
table that is a row a review and a column a word, and nearly all of it is 0: a sparse
matrix keeps what is not. It takes SciPy: pip install scipy.

    python bag_of_words.py
"""

import time

import numpy as np
from scipy.sparse import csr_matrix, identity

from fastmlp import layers, models, utils
from fastmlp.datasets import synthetic_imdb

WORDS = 10_000

utils.set_random_seed(1)

# Reviews as lists of word numbers, and 1 for praise. fastmlp draws them; with imdb in
# place of synthetic_imdb they are real ones, 17 MB, downloaded once.
train, test = synthetic_imdb.load_data(num_words=WORDS)


def bags(reviews):
    """Return a matrix with a 1 for each word that a review has."""
    words = [np.unique(review) for review in reviews]  # sorted, and each once
    ends = np.cumsum([0, *map(len, words)])
    ones = np.ones(ends[-1], "float32")
    return csr_matrix((ones, np.concatenate(words), ends), (len(words), WORDS))


x_train, x_test = bags(train[0]), bags(test[0])
y_train, y_test = train[1], test[1]

held = sum(part.nbytes for part in (x_train.data, x_train.indices, x_train.indptr))
print(f"{x_train.shape[0]:,} reviews, {x_train.shape[1]:,} words")
print(f"{x_train.nnz / np.prod(x_train.shape):.2%} of the table is not 0")
print(f"sparse: {held / 1e6:,.0f} MB; with all zeros: ", end="")
print(f"{4 * np.prod(x_train.shape, dtype=float) / 1e6:,.0f} MB\n")

model = models.Sequential(
    [
        layers.Dense(16, activation="relu", input_shape=(WORDS,)),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])

# The matrix goes in as it is. Only the words of a review take part in its step.
start = time.perf_counter()
model.fit(x_train, y_train, epochs=3, batch_size=128, validation_split=0.2)
print(f"\ntrained in {time.perf_counter() - start:.2f} s")

accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
print(f"{accuracy:.1%} of the test reviews are understood\n")

# Which words speak for praise? Ask the model about reviews of one word each.
one_word = identity(WORDS, dtype="float32", format="csr")
said = model.predict(one_word, verbose=0)[:, 0]
index = synthetic_imdb.get_word_index()
word_of = {number + 3: word for word, number in index.items()}  # 0 to 2 are marks
order = [number for number in said.argsort() if number in word_of]
print("for it:    ", ", ".join(word_of[number] for number in order[::-1][:6]))
print("against it:", ", ".join(word_of[number] for number in order[:6]))
