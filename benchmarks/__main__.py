"""`python -m benchmarks`: all of them."""

from benchmarks import hand_loop, import_time

hand_loop.main()
import_time.main()
