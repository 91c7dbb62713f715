"""The season of src/env/pricing as one would write it in Python with numpy: the rival of `cargo xtask bench`.

Random prices, Poisson demand, ten units, twenty periods; prints seconds for the steps asked for.
"""

import sys
import time

import numpy as np

STEPS = int(sys.argv[1])


def main():
    rng = np.random.default_rng(1)
    prices = 0.6 + 0.2 * np.arange(8)
    means = np.exp(-prices)
    started = time.perf_counter()
    units, left, total = 10, 20, 0.0
    for _ in range(STEPS):
        action = rng.integers(8)
        sold = min(int(rng.poisson(means[action])), units)
        total += prices[action] * sold
        units -= sold
        left -= 1
        if left == 0 or units == 0:
            units, left = 10, 20
    print(time.perf_counter() - started, total / STEPS)


main()
