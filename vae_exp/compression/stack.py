"""A stack of symbols on the coder of asymmetric numeral systems of the library constriction."""

import numpy

WORDS = 8  # that are put beneath at once, where there are too few


class Stack:
    """``pop`` takes off what ``push`` has put on, last first, with the same probabilities.

    Whoever pops before anything was pushed gets symbols drawn from the probabilities, and to push
    them again restores the stack: there are ``seeds`` beneath, as many as it takes, always the
    same.

    Args:
        words: a stack that was kept, which then has to suffice; none for a new one.

    Raises:
        ValueError: constriction is not installed, or these are no such words.
    """

    def __init__(self, words: numpy.ndarray | None = None):
        stream = constriction().stream
        self._new_coder = stream.stack.AnsCoder
        # probabilities of 24 bits, none below 2^-24
        self._table = stream.model.Categorical(perfect=False)
        self._seeds = None if words is not None else 2
        words = seeds(2) if words is None else words
        if len(words) < 2 or not words[-1]:
            raise ValueError("expected words of a stack, got none")
        self._coder = self._new_coder(words)

    @property
    def words(self) -> numpy.ndarray:
        """All that is on it, 32 bits each."""
        return self._coder.get_compressed()

    def push(self, symbols: numpy.ndarray, probabilities: numpy.ndarray) -> None:
        """Put symbols (N,) of 0, ..., K − 1 on, under probabilities (N, K), of any constant."""
        self._coder.encode_reverse(symbols.astype(numpy.int32), self._table, probabilities)

    def pop(self, probabilities: numpy.ndarray) -> numpy.ndarray:
        """Take symbols (N,) off, under probabilities (N, K).

        Raises:
            ValueError: there is nothing left.
        """
        while True:
            # a symbol takes 24 bits at most, and on an empty stack nothing could be undone
            enough = self._coder.num_words() > len(probabilities) + 2
            coder = self._coder if enough else self._coder.clone()
            symbols = coder.decode(self._table, probabilities)
            if coder.num_words() >= 2:
                self._coder = coder
                return symbols
            if self._seeds is None:
                raise ValueError("expected more words of a stack, got too few")
            self._seeds += WORDS
            lower = seeds(self._seeds)[:WORDS]
            self._coder = self._new_coder(numpy.concatenate([lower, self._coder.get_compressed()]))

    def is_bare(self) -> bool:
        """Whether there is nothing on it but seeds."""
        words = self.words
        return bool((words == seeds(len(words))).all())


def seeds(count: int) -> numpy.ndarray:
    """The last ``count`` of endless random words, the same always, the top one not 0."""
    words = numpy.random.PCG64(0).random_raw(count).astype(numpy.uint32)[::-1]
    return numpy.ascontiguousarray(words)


def constriction():
    """The library, which an extra brings.

    Raises:
        ValueError: it is not installed.
    """
    try:
        import constriction as library
    except ImportError as error:
        raise ValueError(
            "compress: expected the package constriction, found none; "
            "pip install 'vae_exp[compress]'"
        ) from error
    return library
