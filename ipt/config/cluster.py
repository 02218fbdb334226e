"""What a job of each stage asks a cluster for; the site's names (account, partitions) are in `ipt.cluster.site`."""

from pydantic import Field

from ipt.config.section import Positive, Section


class JobSize(Section):
    """One job. Memory and time are of the first attempt: a retry asks for twice, three times as much."""

    cpus: Positive = Field(1, description="cores a process")
    memory_mb: Positive = Field(4000, description="main memory a node, at least 600 (Snakemake itself takes 270)")
    minutes: Positive = Field(60, description="wall time")
    gpus: int = Field(0, ge=0, description="GPUs a node")
    nodes: Positive = Field(1, description="training only: nodes a run")
    processes: int = Field(0, ge=0, description="training only: processes a node; 0 means one a GPU, or one")

    @property
    def processes_per_node(self) -> int:
        """How many processes a node runs."""
        return self.processes or max(1, self.gpus)

    @property
    def world(self) -> int:
        """How many processes the job has in all."""
        return self.nodes * self.processes_per_node


class ClusterConfig(Section):
    """Sizes of the jobs. They change no result, so changing them reruns nothing; the defaults are for scale paper."""

    render: JobSize = JobSize(memory_mb=4000, minutes=30)
    curate: JobSize = JobSize(memory_mb=16000, minutes=120)
    prepare: JobSize = Field(JobSize(cpus=4, memory_mb=96000, minutes=60), description="tokenizer, VAE and base")
    train: JobSize = JobSize(cpus=8, memory_mb=800000, minutes=1440, gpus=8)
    evaluate: JobSize = JobSize(cpus=8, memory_mb=96000, minutes=480, gpus=1)
    score: JobSize = JobSize(memory_mb=4000, minutes=30)
    stop_before_seconds: Positive = Field(
        300, description="a training job saves and makes room this long before its wall time ends"
    )
