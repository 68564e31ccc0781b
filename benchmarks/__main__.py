"""`python -m benchmarks [NAME ...]`: measure, keep as JSON, print one table."""

import argparse
import sys

from benchmarks import (
    brunel,
    checkpoint,
    coba,
    cuba,
    digits,
    explorer,
    fi_curve,
    hand_loop,
    import_time,
    live,
    microcircuit,
    microcircuit_rates,
    microcircuit_shares,
    microcircuit_statistics,
    rates,
    recording,
    report_experiment,
    scaling,
    start_up,
    stdp,
    sweeps,
)  # fmt: skip
from benchmarks.record import described, keep, kept, machine
from benchmarks.table import table

MODULES = {
    m.NAME: m
    for m in (
        hand_loop,
        import_time,
        report_experiment,
        fi_curve,
        cuba,
        coba,
        brunel,
        stdp,
        microcircuit,
        sweeps,
        digits,
        recording,
        live,
        checkpoint,
        start_up,
        explorer,
        rates,
        microcircuit_rates,
        microcircuit_statistics,
        microcircuit_shares,
        scaling,
    )
}
AT_LEAST = 3  # rounds of a median that is kept


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(MODULES)}; default all")
    parser.add_argument("--rounds", type=int, default=AT_LEAST, help="how often everyone takes a turn")
    parser.add_argument("--quick", action="store_true", help="one round of a tenth of the time; nothing is kept")
    parser.add_argument("--table", action="store_true", help="print the table of what was kept, measure nothing")
    options = parser.parse_args()
    for name in options.names:
        if name not in MODULES:
            parser.error(f"{name!r} is none of {', '.join(MODULES)}")
    if options.rounds < AT_LEAST:
        parser.error(f"--rounds {options.rounds}: a median needs at least {AT_LEAST}")
    return options


def main() -> None:
    """Measure what was asked for, one benchmark after the other."""
    options = arguments()
    names = options.names or list(MODULES)
    if options.table:
        print(table(kept(names)))
        return
    records = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rounds, scale = (1, 0.1) if options.quick else (options.rounds, 1.0)
        before = machine()  # our own work would count as load afterwards
        records.append(described(name, MODULES[name].measure(rounds, scale), before))
        if not options.quick:
            keep(records[-1])
    print(table(records))


if __name__ == "__main__":
    main()
