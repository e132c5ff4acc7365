from .jsonl import Record as Record
from .jsonl import jsonl_files as jsonl_files
from .jsonl import read_records as read_records
from .manifest import Manifest as Manifest
from .shards import Shard as Shard
