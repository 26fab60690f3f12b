"""Runs one command and measures it: `measure.py RESULT.json COMMAND…`. A process of its own, so that every
process that comes to an end below it belongs to the command.

wall    from before the start to the end of the command.
cpu     user and system time of the command and of all its descendants. As "child subreaper" this process inherits and
        waits for those whose parents ended first (a container's processes, for example), so none is missed.
memory  VmHWM of the command's own process, its children apart. The kernel keeps this high-water mark itself, so reading
        it every few milliseconds loses only what grows in the last few before the end. (ru_maxrss would not do: it
        is the maximum over the waited-for children too, and starts at the size of the process that forked.)
largest ru_maxrss: the greatest of any one process in the command's tree.
"""

import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_MILLISECONDS = 4
ORPHAN_SECONDS = 10  # for processes that outlive the command
FORCE_SECONDS = 2  # from asking to forcing


def main(result_path: str, command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    try:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        peak_kib = watch(process.pid)
        wall = time.monotonic() - begin
        code = process.wait()
        if not reap_all(ORPHAN_SECONDS):
            raise TimeoutError("the command left processes behind that do not end: their CPU time is not known")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second one must not keep us from ending what we started
        end_all()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    Path(result_path).write_text(json.dumps({
        "code": code, "wall_seconds": wall, "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": peak_kib * 1024, "largest_process_bytes": usage.ru_maxrss * 1024}))
    return code if code >= 0 else 128 - code


def watch(pid: int) -> int:
    """Waits for the end of the process and returns its resident memory's high-water mark in KiB."""
    peak = 0
    ended = select.poll()
    ended.register(os.pidfd_open(pid), select.POLLIN)
    with open(f"/proc/{pid}/status", "rb", buffering=0) as status:
        while True:
            status.seek(0)
            for line in status.read(4096).splitlines():
                if line.startswith(b"VmHWM:"):
                    peak = max(peak, int(line.split()[1]))
            if ended.poll(SAMPLE_MILLISECONDS):
                return peak


def reap_all(seconds: float) -> bool:
    """Waits for every process below this one; false if some do not end in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            time.sleep(0.01)
    return False


def end_all() -> None:
    """Ends what is left below this process, as after Ctrl-C: asked at first, then forced."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            os.kill(int(pid), number)
        if reap_all(FORCE_SECONDS):
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
