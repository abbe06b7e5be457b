"""One training in several processes, which torchrun starts: each has a part of every batch.

The gradients of the parts are averaged, weighted by size, so a step is the one that a single
process would take on the whole batch, where the loss is an average over data (docs/cluster.md says
where it is not). The noise of a step is drawn by each process from a stream of its own, seeded by
(seed, step, rank); the order of the data and all decisions are common.

The verbs are those of ``torch.distributed``; without a process group, each of them is what it would
be in a group of one, of rank 0.
"""
