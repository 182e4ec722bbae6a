"""Drain3 with three masks over the messages of a log file; prints lines and CPU seconds.

usage: drain3_peer.py FILE LINES KIND   (KIND: syslog, jsonl, or text for a message a line)
"""
import json
import resource
import sys

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

path, limit, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
config = TemplateMinerConfig()
config.profiling_enabled = False
config.masking_instructions = [
    MaskingInstruction(r"((?<=[^A-Za-z0-9])|^)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})((?=[^A-Za-z0-9])|$)", "IP"),
    MaskingInstruction(r"((?<=[^A-Za-z0-9])|^)([0-9a-f]{6,})((?=[^A-Za-z0-9])|$)", "HEX"),
    MaskingInstruction(r"((?<=[^A-Za-z0-9])|^)([\-\+]?\d+)((?=[^A-Za-z0-9])|$)", "NUM"),
]
miner = TemplateMiner(config=config)
before = resource.getrusage(resource.RUSAGE_SELF)
count = 0
with open(path, encoding="utf-8", errors="replace") as lines:
    for line in lines:
        if count == limit:
            break
        if kind == "jsonl":
            message = json.loads(line)["message"]
        else:
            message = line.rstrip("\n") if kind == "text" else line.split(": ", 1)[-1].rstrip("\n")
        miner.add_log_message(message)
        count += 1
after = resource.getrusage(resource.RUSAGE_SELF)
seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(count, f"{seconds:.3f}")
