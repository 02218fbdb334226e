"""A real SLURM on this machine: controller, several node daemons on loopback, fake GPUs; no systemd, no accounting.

`python tests/cluster/loopback.py up FOLDER` starts one, `... env FOLDER` prints what a shell needs to use it and
`... down FOLDER` stops it. Needs root and Debian's `slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge`.
"""

import os
import secrets
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "sinfo", "scancel")
PACKAGES = "slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge"

CONFIGURATION = """\
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={root}/munge.socket
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# Every answer at once: tests wait for these, and nothing else uses this cluster.
SchedulerParameters=bf_interval=1,batch_sched_delay=0,sched_min_interval=100000
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=0
# A job over its memory is ended by what slurmd measures, as there are no cgroups in a container.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SlurmdTimeout=8
SlurmctldTimeout=8
ReturnToService=2
MinJobAge=600
KillWait=2
CompleteWait=0
SlurmdParameters=config_overrides
GresTypes=gpu
AccountingStorageType=accounting_storage/none
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd.%n.pid
SlurmctldLogFile={root}/slurmctld.log
SlurmdLogFile={root}/slurmd.%n.log
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool.%n
NodeName=n[1-{nodes}] NodeHostname={host} NodeAddr=127.0.0.1 Port={first}-{last} CPUs={cpus} RealMemory={memory} \
Gres=gpu:fake:{gpus}
PartitionName=cpu Nodes=n[1-{sound}] Default=YES MaxTime=60 DefMemPerCPU=500 PriorityTier=10
PartitionName=gpu Nodes=n1 MaxTime=60 DefMemPerCPU=500 PriorityTier=10
PartitionName=frail Nodes=n{nodes} MaxTime=60 DefMemPerCPU=500 PriorityTier=10
PartitionName=urgent Nodes=ALL MaxTime=60 DefMemPerCPU=500 PriorityTier=100 PreemptMode=OFF
"""


def missing() -> str:
    """Why no cluster can be started here, '' when one can."""
    if os.geteuid() != 0:
        return "a loopback SLURM needs root (device nodes, munge)"
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    return f"no {', '.join(lacking)}: apt-get install {PACKAGES}" if lacking else ""


@dataclass(frozen=True)
class Loopback:
    """A cluster whose files are all below `root`. Nodes are called n1, n2, ...; memory in MB a node."""

    root: Path
    nodes: int = 3
    cpus: int = 2
    gpus: int = 2
    memory: int = 8000

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make SLURM's commands, and programs that call them, use this cluster."""
        path = os.environ["PATH"]
        bin_folder = str(self.root / "bin")
        return {
            "SLURM_CONF": str(self.root / "slurm.conf"),
            "PATH": path if path.startswith(bin_folder) else f"{bin_folder}{os.pathsep}{path}",
        }

    def start(self) -> None:
        """Start all daemons and wait until every node is idle."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o755)
        for name in ("bin", "dev", "state"):
            (self.root / name).mkdir(exist_ok=True)
        self._write_configuration()
        munge = ["munged", "--force", f"--key-file={self.root}/munge.key", f"--socket={self.root}/munge.socket"]
        munge += [f"--pid-file={self.root}/munged.pid", f"--log-file={self.root}/munged.log"]
        self._call(*munge, f"--seed-file={self.root}/munged.seed")
        self.start_controller()
        for index in range(1, self.nodes + 1):
            self.start_node(f"n{index}")
        wait_until(lambda: self.states() == {f"n{i}": "idle" for i in range(1, self.nodes + 1)}, "all nodes idle")

    def start_controller(self) -> None:
        """Start slurmctld and wait until it answers."""
        self._call("slurmctld")
        wait_until(lambda: self._try("scontrol", "ping"), "slurmctld answers")

    def start_node(self, name: str) -> None:
        """Start the daemon of one node."""
        (self.root / f"spool.{name}").mkdir(exist_ok=True)
        self._call("slurmd", "-N", name)

    def kill_node(self, name: str) -> None:
        """What a power cut does to a node: its daemon and everything that it runs are gone at once."""
        mark, here = f"SLURMD_NODENAME={name}".encode(), f"SLURM_CONF={self.root}/slurm.conf".encode()
        tasks, daemons = set(), {self._pid(f"slurmd.{name}")}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                variables = (entry / "environ").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                above = Path(f"/proc/{parent}/cmdline").read_bytes()
            except OSError:
                continue
            if mark in variables and here in variables and int(entry.name) != os.getpid():
                tasks.add(int(entry.name))
                daemons |= {parent} if above.startswith(b"slurmstepd") else set()
        for pid in [*daemons, *tasks]:  # daemons first, or they would still tell the controller how the tasks ended
            kill(pid)

    def stop(self) -> None:
        """Cancel every job, stop all daemons and remove the folder."""
        if (self.root / "slurmctld.pid").exists():
            self._try("scancel", "--me", "--signal=KILL", "--full")
            self._try("scancel", "--me")
            deadline = time.monotonic() + 5
            while self.jobs() and time.monotonic() < deadline:
                time.sleep(0.2)
        names = [f"slurmd.n{index}" for index in range(1, self.nodes + 1)]
        pids = [pid for name in (*names, "slurmctld", "munged") if (pid := self._pid(name))]
        for pid in pids:
            kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.1)
        for pid in pids:
            kill(pid)
        shutil.rmtree(self.root, ignore_errors=True)

    def states(self) -> dict[str, str]:
        """State of each node, as sinfo says it."""
        printed = self.ask("sinfo", "--noheader", "--Node", "--partition=urgent", "--format=%N %t")
        return dict(line.split() for line in printed.splitlines())

    def jobs(self, *states: str) -> list[dict[str, str]]:
        """Jobs that wait or run (or are in one of `states`; `all` for every remembered one), oldest first."""
        chosen = [f"--states={','.join(states)}"] if states else []
        printed = self.ask("squeue", "--noheader", "--sort=i", *chosen, "--format=%i|%j|%T|%N|%k|%P|%r")
        keys = ("id", "name", "state", "node", "comment", "partition", "reason")
        return [dict(zip(keys, line.split("|"), strict=True)) for line in printed.splitlines()]

    def ask(self, *command: str) -> str:
        """What a command of SLURM prints; '' where it fails."""
        done = subprocess.run(
            command, env=os.environ | self.environment, capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout if done.returncode == 0 else ""

    def _write_configuration(self) -> None:
        host = socket.gethostname().split(".")[0]
        port = _free_ports(1 + self.nodes)
        text = CONFIGURATION.format(
            root=self.root,
            host=host,
            port=port,
            first=port + 1,
            last=port + self.nodes,
            nodes=self.nodes,
            sound=max(1, self.nodes - 1),
            cpus=self.cpus,
            gpus=self.gpus,
            memory=self.memory,
        )
        (self.root / "slurm.conf").write_text(text, encoding="utf-8")
        key = self.root / "munge.key"
        key.write_bytes(secrets.token_bytes(1024))
        key.chmod(0o400)
        for index in range(self.gpus):  # a GPU must be a device file: these are /dev/null under another name
            os.mknod(self.root / "dev" / f"gpu{index}", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        device = f"{self.root}/dev/gpu[0-{self.gpus - 1}]"
        (self.root / "gres.conf").write_text(
            f"Name=gpu Type=fake File={device} Flags=nvidia_gpu_env\n", encoding="utf-8"
        )
        # Snakemake's job step hides SLURM_* from its srun, and SLURM_CONF with them: on a real cluster the file is in
        # its default place; here each command finds it again.
        for program in ("srun", "scontrol", "squeue", "sbatch", "scancel"):
            wrapper = self.root / "bin" / program
            target = shutil.which(program)
            wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={self.root}/slurm.conf exec {target} "$@"\n', encoding="utf-8")
            wrapper.chmod(0o755)

    def _pid(self, name: str) -> int:
        try:
            return int((self.root / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return 0

    def _call(self, *command: str) -> None:
        with open(self.root / "start.log", "a", encoding="utf-8") as log:
            done = subprocess.run(command, env=os.environ | self.environment, stdout=log, stderr=log, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{shlex.join(command)} failed: {(self.root / 'start.log').read_text()[-2000:]}")

    def _try(self, *command: str) -> bool:
        done = subprocess.run(command, env=os.environ | self.environment, capture_output=True, check=False, timeout=60)
        return done.returncode == 0


def wait_until(true: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Poll until `true()`; TimeoutError naming `what` otherwise."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    """Signal a process that may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _free_ports(count: int) -> int:
    """The first of `count` neighbouring ports that nothing listens on."""
    start = 20000 + os.getpid() % 10000
    for first in range(start, 60000, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise RuntimeError("no free ports on loopback")


def main(arguments: list[str]) -> int:
    """`up|down|env FOLDER`."""
    if len(arguments) != 2 or arguments[0] not in ("up", "down", "env"):
        print(__doc__, file=sys.stderr)
        return 2
    cluster = Loopback(Path(arguments[1]).resolve())
    if arguments[0] == "up":
        if problem := missing():
            print(problem, file=sys.stderr)
            return 1
        cluster.start()
        print(cluster.ask("sinfo"), end="")
    elif arguments[0] == "down":
        cluster.stop()
    else:
        for name, value in cluster.environment.items():
            print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
