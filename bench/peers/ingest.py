"""Seconds, rows, peak memory and processor seconds of one reading of a CSV file: python ingest.py pandas|duckdb FILE THREADS"""

import sys
import time

name, path, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])


def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


if name == "pandas":
    import pandas

    used, start = time.process_time(), time.perf_counter()
    rows = len(pandas.read_csv(path))
else:
    import duckdb

    base = duckdb.connect(config={"threads": threads})
    used, start = time.process_time(), time.perf_counter()
    # Into columns in memory, as the others do.
    base.execute("create table t as select * from read_csv(?)", [path])
    rows = base.execute("select count(*) from t").fetchone()[0]
print(time.perf_counter() - start, rows, peak(), time.process_time() - used)
