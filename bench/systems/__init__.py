"""The systems that ``bench.peers`` times, one a file.

Each has ``epochs(case, file)``, a generator that stands still at two kinds of points in turn: ready
for an epoch over the images of ``file`` (it yields None), and done with it (it yields the average
negative ELBO over the epoch's batches, in nats). What it does from the first to the second is
timed. A peer trains as its own documentation shows it, with Adam at the case's learning rate.
"""
