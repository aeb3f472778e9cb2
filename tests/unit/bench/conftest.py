"""Makes the benchmarks importable: they are a program beside the product, not a part of it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
