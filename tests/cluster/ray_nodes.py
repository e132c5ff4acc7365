"""xqg index on a Ray cluster of two nodes on this machine, one of which is killed on the way.

In an environment that has the extra ray: ``python -m tests.cluster.ray_nodes``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

from tests.cluster.material import make
from tests.indexing.helpers import files_of

GB = 1 << 30


def build(folder: Path, output: str, *words: str, **environment: str) -> subprocess.Popen[bytes]:
    given = [
        *("--corpus", folder / "corpus.jsonl", "--queries", folder / "queries.jsonl", "--encoder", folder / "model"),
        *("--query-max-length", 32, "--passage-max-length", 64, "--alpha", 0.2, "--part-size", 64, "--device", "cpu"),
    ]
    command = [
        sys.executable,
        "-m",
        "pyserini_xqg",
        "index",
        *map(str, given),
        "--output",
        str(folder / output),
        *words,
    ]
    return subprocess.Popen(command, env={**os.environ, **environment})


def main() -> None:
    os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    os.environ["PYTHONPATH"] = f"{Path.cwd()}:{os.environ.get('PYTHONPATH', '')}"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make(folder)
        assert build(folder, "whole", "--quiet").wait() == 0
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "memory": 4 * GB})
        other = cluster.add_node(num_cpus=1, memory=4 * GB)
        print(f"Ray {ray.__version__}, two nodes at {cluster.address}", flush=True)
        words = ("--executor", "ray", "--tasks", "4", "--memory", "1")
        process = build(folder, "out", *words, RAY_ADDRESS=cluster.address)
        marked = folder / "out.partial" / "parts" / "vectors"
        while len(done := [*marked.glob("*/*.json")]) < 6 and process.poll() is None:
            time.sleep(0.1)
        cluster.remove_node(other, allow_graceful=False)
        print(f"killed a node with {len(done)} of 63 parts done", flush=True)
        assert process.wait() == 0
        assert files_of(folder / "out") == files_of(folder / "whole")
        print("the same bytes as of one process")
        cluster.shutdown()


if __name__ == "__main__":
    main()
