"""Table `hyperparameters`: how the models are trained (paper 4)."""

from ipt.config import Config
from ipt.names import TASKS
from ipt.paper.tables.static import comparison


def _entries(config: Config) -> list[tuple[str, str, str, str]]:
    training, model, llm = config.training, config.model, config.model.llm
    budget = (
        f"{training.samples_per_step} samples"
        if training.samples_per_step
        else f"at most {training.tokens_per_pack:,} tokens"
    )
    tokens = model.output_size // (model.vae.downsample * model.latent_patch)
    start = "random initialisation" if model.source == "scratch" else "BAGEL-7B-MoT"
    vae = f"trained here, {model.vae.train_steps} steps, then frozen" if model.vae.train_steps else "frozen"
    return [
        ("model", "Start", "BAGEL-7B-MoT", start),
        (
            "model",
            "Decoder",
            "28 layers, width 3584, 28 heads",
            f"{llm.layers} layers, width {llm.hidden_size}, {llm.heads} heads",
        ),
        (
            "model",
            "Vision transformer",
            "26 layers, width 1152",
            f"{model.vit.layers} layers, width {model.vit.hidden_size}",
        ),
        ("model", "VAE", "frozen", vae),
        ("model", "Trained parts", "decoder, vision transformer, connector", "decoder, vision transformer, connector"),
        (
            "images",
            "Input image",
            "1024 px (pet), 512 px (pt, mvc)",
            f"{model.input_size} px, several {model.input_size_many} px",
        ),
        ("images", "Imagined image", "1024 px", f"{model.output_size} px"),
        ("images", "Latent tokens", "64 x 64", f"{tokens} x {tokens}"),
        ("optimisation", "Steps", "25,000", ", ".join(f"{task} {training.steps[task]:,}" for task in TASKS)),
        ("optimisation", "Batch", "at most 32,768 tokens", budget),
        ("optimisation", "Longest sample", "24,576 tokens", f"{training.tokens_per_sample:,} tokens"),
        ("optimisation", "Optimiser", "AdamW", "AdamW"),
        ("optimisation", "Beta", "0.9, 0.95", ", ".join(f"{beta:g}" for beta in training.betas)),
        ("optimisation", "Epsilon", "1e-15", f"{training.epsilon:g}"),
        ("optimisation", "Learning rate", "1e-05", f"{training.learning_rate:g}"),
        ("optimisation", "Schedule", "constant", training.schedule),
        ("optimisation", "Warm-up steps", "2,000", f"{training.warmup_steps:,}"),
        ("optimisation", "Gradient clip", "1", f"{training.gradient_clip:g}"),
        ("optimisation", "EMA", "0.9999", f"{training.ema:g}"),
        (
            "optimisation",
            "Loss weights, text : image",
            "1 : 1",
            f"{training.loss_weight_text:g} : {training.loss_weight_image:g}",
        ),
        ("optimisation", "Precision", "bf16", training.precision),
        ("optimisation", "Seeds", "not stated", ", ".join(str(seed) for seed in training.seeds)),
    ]


SPEC = comparison(
    "hyperparameters",
    "Training hyperparameters",
    "The paper's values beside the configuration of this scale.",
    _entries,
)
