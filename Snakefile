# `snakemake --cores all` makes every table and figure of the paper at scale `smoke`;
# `--config scale=micro|smoke|mini|paper` (or a YAML file of yours) chooses another one.
from snakemake.utils import min_version

min_version("9.0")


container: "docker://python:3.11-slim"  # documents the environment; unused without --sdm apptainer


include: "workflow/rules/common.smk"
include: "workflow/rules/render.smk"
include: "workflow/rules/curate.smk"
include: "workflow/rules/annotate.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/weights.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/paper.smk"


# On a cluster, these run beside the controller: each takes seconds.
localrules:
    all,
    check_disjoint,
    annotate_set,
    train_tokenizer,
    paper_report,
    render,
    curate,
    annotate,
    train,
    evaluate,
    paper,


rule all:
    default_target: True
    input:
        rules.paper.input,
