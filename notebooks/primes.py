"""A function for notebook 02, in a file, so that every process can import it."""

from math import isqrt

from taketurns import task


@task(name="primes below {limit}")
def count_primes(limit: int) -> int:
    """Count the primes below a limit, in plain Python and without any cleverness."""
    return sum(all(n % d for d in range(2, isqrt(n) + 1)) for n in range(2, limit))
