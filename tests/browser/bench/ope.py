"""The off-policy estimators and their bootstrap as one would write them with numpy: the rival of `cargo xtask bench`.

The log, the estimators and the reward model are those of src/evaluate/ope; prints seconds and the value of DR.
"""

import sys
import time

import numpy as np

ROWS, ITEMS, POSITIONS, PRIOR = 10_000, 80, 3, 10.0
RESAMPLES = int(sys.argv[1])


def log():
    """As `bench_ope` in src/web/bench.rs makes it."""
    row = np.arange(ROWS, dtype=np.int64)
    item = row * 7919 % 104_729 % ITEMS
    reward = (row * 31 % 97 < 5).astype(float)
    propensity = (0.5 + (row * 48_271 % 65_537) / 65_537.0) / ITEMS
    return item, row % POSITIONS, reward, propensity


def main():
    item, position, reward, propensity = log()
    wins = 1.0 + np.bincount(item, weights=reward, minlength=ITEMS)
    target = np.tile(wins / wins.sum(), (POSITIONS, 1))
    started = time.perf_counter()
    knee = np.sqrt(ROWS)
    weight = target[position, item] / propensity
    switched = np.where(weight <= knee, weight, 0.0)
    shrunk = weight / ((weight / knee) ** 2 + 1.0)
    terms = np.stack([np.ones(ROWS), reward, weight, weight * reward, np.minimum(weight, knee) * reward,
                      switched, switched * reward, shrunk, shrunk * reward], axis=1)
    cell = position * ITEMS + item
    order = np.argsort(cell, kind="stable")
    terms = terms[order]
    numbers, starts = np.unique(cell[order], return_index=True)
    strata, items = numbers // ITEMS, numbers % ITEMS

    def evaluate(counts):
        sums = np.add.reduceat(terms * counts[:, None], starts, axis=0)
        total = sums.sum(axis=0)
        n = total[0]
        of_item = np.bincount(items, weights=sums[:, 0], minlength=ITEMS)
        won = np.bincount(items, weights=sums[:, 1], minlength=ITEMS)
        item_q = (won + PRIOR * total[1] / n) / (of_item + PRIOR)
        q = (sums[:, 1] + PRIOR * item_q[items]) / (sums[:, 0] + PRIOR)
        table = np.tile(item_q, (POSITIONS, 1))
        table[strata, items] = q
        rows = np.bincount(strata, weights=sums[:, 0], minlength=POSITIONS)
        direct = (rows * (target * table).sum(axis=1)).sum() / n
        error, switch, shrink = (sums[:, [3, 6, 8]] - q[:, None] * sums[:, [2, 5, 7]]).sum(axis=0)
        w = total[2]
        return np.array([direct, total[3] / n, total[4] / n, total[3] / w, direct + error / n,
                         direct + error / w, direct + switch / n, direct + shrink / n])

    point = evaluate(np.ones(ROWS))
    rng = np.random.default_rng(1)
    draws = [evaluate(np.bincount(rng.integers(0, ROWS, ROWS), minlength=ROWS)) for _ in range(RESAMPLES)]
    np.percentile(draws, [2.5, 97.5], axis=0)
    print(time.perf_counter() - started, point[4])


main()
