"""The stack gives back what was put on it, and what was drawn from it is as if it never was."""

import numpy
import pytest

pytest.importorskip("constriction")

from vae_exp.compression.stack import Stack, seeds


def tables(rng, count, size):
    probabilities = rng.random((count, size)) ** 8
    return probabilities / probabilities.sum(-1, keepdims=True)


def test_what_was_pushed_is_popped_last_first():
    rng, stack = numpy.random.default_rng(0), Stack()
    pushed = []
    for size in (2, 5, 256):
        table = tables(rng, 40, size)
        pushed.append((table, rng.integers(0, size, 40)))
        stack.push(pushed[-1][1], table)
    stack = Stack(stack.words)
    for table, symbols in reversed(pushed):
        assert (stack.pop(table) == symbols).all()
    assert stack.is_bare()


def test_a_value_without_probability_can_be_pushed():
    stack, table = Stack(), numpy.array([[1.0, 0.0, 0.0]])
    stack.push(numpy.array([2]), table)
    assert Stack(stack.words).pop(table).tolist() == [2]


def test_to_push_again_what_was_drawn_restores_the_stack():
    rng, stack = numpy.random.default_rng(0), Stack()
    table = tables(rng, 300, 256)  # many times what is on it
    drawn = stack.pop(table)
    stack.push(drawn, table)
    assert stack.is_bare()
    assert len(stack.words) < 300 * 24 / 32 + 16  # no more seeds than it takes
    assert (stack.words == seeds(len(stack.words))).all()


def test_what_is_drawn_has_these_probabilities():
    table = numpy.tile([0.5, 0.25, 0.25], (20_000, 1))
    counts = numpy.bincount(Stack().pop(table), minlength=3)
    expected = 20_000 * table[0]
    assert (((counts - expected) ** 2 / expected).sum()) < 13.8  # χ² of 2, p = 0.001


def test_a_stack_that_was_kept_has_an_end():
    with pytest.raises(ValueError, match="expected more words"):
        Stack(seeds(3)).pop(numpy.full((50, 256), 1 / 256))
    for words in (seeds(1), numpy.array([1, 0], numpy.uint32)):
        with pytest.raises(ValueError, match="expected words of a stack"):
            Stack(words)
