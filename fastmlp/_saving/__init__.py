"""Models in files: Keras's own formats, and NumPy's where h5py is missing.

What a model has to keep is gathered once, as groups of arrays (`_groups`); a file is
one way of writing them down: HDF5 (`_h5`) or .npz (`_npz`), alone or with the model's
description in Keras's archive (`_archive`); the last two are zips (`_zip`).

Files may come from anywhere, so that nothing in them is trusted: no code is run,
nothing is unpickled, and what a file declares is compared with what the model needs
before memory is taken for it (`_sizes`); damage is named (`_damage`).
"""
