"""Tiny random `transformers` models, saved to disk as the real ones are, and a language of tones to teach them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

SENTENCES = ("turn on the light", "play music", "stop", "turn music off")
_UNKNOWN = {"unk_token": "<unk>"}
_PADDING = {"pad_token": "<pad>"}
_ENDS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "</s>"}
_WORDS = sorted({word for sentence in SENTENCES for word in sentence.split()})


def say(sentence: str, *, seed: int = 0) -> Any:
    """Each word is a chord of its own, 0.2 s long, with 0.05 s of near silence after it: float32 (n,), 16 kHz."""
    rng = np.random.default_rng(seed)
    time = np.arange(3200) / 16_000
    parts = [np.zeros(800)]
    for word in sentence.split():
        pitch = 300 * 1.28 ** _WORDS.index(word)
        parts += [0.3 * np.sin(2 * np.pi * pitch * time) + 0.2 * np.sin(2 * np.pi * 1.5 * pitch * time), np.zeros(800)]
    sound = np.concatenate(parts)
    return (sound + 0.003 * rng.standard_normal(len(sound))).astype(np.float32)


def whisper(folder: Path) -> Path:
    """Whisper with 2 + 2 layers of width 64, windows of 2 s and about 400 tokens."""
    import torch
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperProcessor,
    )

    torch.manual_seed(0)
    tokenizer = _whisper_tokenizer()
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in _SPECIAL}
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        d_model=64,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=256,
        decoder_ffn_dim=256,
        max_source_positions=100,
        max_target_positions=64,
        pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|endoftext|>"],
        decoder_start_token_id=ids["<|startoftranscript|>"],
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config).eval()
    model.generation_config = GenerationConfig(
        decoder_start_token_id=ids["<|startoftranscript|>"],
        eos_token_id=ids["<|endoftext|>"],
        pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"],
        max_length=64,
        is_multilingual=True,
        lang_to_id={"<|en|>": ids["<|en|>"], "<|de|>": ids["<|de|>"]},
        task_to_id={"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        alignment_heads=[[1, 0], [1, 1]],
        return_timestamps=False,
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    model.save_pretrained(folder)
    WhisperProcessor(WhisperFeatureExtractor(feature_size=80, chunk_length=2), tokenizer).save_pretrained(folder)
    return folder


def parakeet(folder: Path, **changes: Any) -> Path:
    """Parakeet with 2 layers of width 64 and pieces of words."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import (
        ParakeetCTCConfig,
        ParakeetEncoderConfig,
        ParakeetFeatureExtractor,
        ParakeetForCTC,
        ParakeetProcessor,
        ParakeetTokenizer,
    )

    torch.manual_seed(0)
    pieces = Tokenizer(models.BPE(**_UNKNOWN))
    pieces.pre_tokenizer = pre_tokenizers.Metaspace()
    pieces.decoder = decoders.Metaspace()
    pieces.train_from_iterator(
        SENTENCES, trainers.BpeTrainer(vocab_size=40, special_tokens=["<unk>"], show_progress=False)
    )
    tokenizer = ParakeetTokenizer(tokenizer_object=pieces, **_UNKNOWN, **_PADDING)
    encoder = {
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 128,
        "subsampling_conv_channels": 16,
        "subsampling_factor": 4,
        "num_mel_bins": 80,
        "dropout": 0.0,
        "layerdrop": 0.0,
        "activation_dropout": 0.0,
        "attention_dropout": 0.0,
        "scale_input": False,
        **changes,
    }
    config = ParakeetCTCConfig(
        vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, encoder_config=ParakeetEncoderConfig(**encoder)
    )
    ParakeetForCTC(config).save_pretrained(folder)
    extractor = ParakeetFeatureExtractor(feature_size=80)
    ParakeetProcessor(extractor, tokenizer, decoder_type="ctc").save_pretrained(folder)
    return folder


def wav2vec2(folder: Path, family: str = "wav2vec2") -> Path:
    """A character model of the wav2vec2 kind: ``wav2vec2``, ``hubert``, ``wavlm`` or ``wav2vec2-bert``."""
    import torch
    import transformers

    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    letters = ["<pad>", "<unk>", "<s>", "</s>", "|", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ'"]
    spelling = folder / "vocab.json"
    spelling.write_text(json.dumps({letter: number for number, letter in enumerate(letters)}), encoding="utf-8")
    tokenizer = transformers.Wav2Vec2CTCTokenizer(str(spelling))
    shape = {
        "vocab_size": len(letters),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "pad_token_id": 0,
    }
    if family == "wav2vec2-bert":
        config = transformers.Wav2Vec2BertConfig(**shape, feature_projection_input_dim=160, add_adapter=False)
        model: Any = transformers.Wav2Vec2BertForCTC(config)
        extractor: Any = transformers.SeamlessM4TFeatureExtractor(feature_size=80, num_mel_bins=80)
        processor: Any = transformers.Wav2Vec2BertProcessor(extractor, tokenizer)
    else:
        names = {"wav2vec2": "Wav2Vec2", "hubert": "Hubert", "wavlm": "WavLM"}
        shape |= {"conv_dim": (32,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4}
        shape |= {"feat_extract_norm": "layer", "conv_bias": True, "do_stable_layer_norm": True}
        model = getattr(transformers, f"{names[family]}ForCTC")(
            getattr(transformers, f"{names[family]}Config")(**shape)
        )
        extractor = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True)
        processor = transformers.Wav2Vec2Processor(extractor, tokenizer)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def moonshine(folder: Path, *, streaming: bool = False) -> Path:
    """Moonshine, or the streaming one, with 2 + 2 layers of width 32."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import (
        MoonshineConfig,
        MoonshineForConditionalGeneration,
        MoonshineStreamingConfig,
        MoonshineStreamingEncoderConfig,
        MoonshineStreamingForConditionalGeneration,
        PreTrainedTokenizerFast,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2Processor,
    )

    torch.manual_seed(0)
    pieces = Tokenizer(models.BPE(**_UNKNOWN))
    pieces.pre_tokenizer = pre_tokenizers.Metaspace()
    pieces.decoder = decoders.Metaspace()
    special = ["<unk>", "<s>", "</s>"]
    pieces.train_from_iterator(
        SENTENCES, trainers.BpeTrainer(vocab_size=60, special_tokens=special, show_progress=False)
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=pieces, **_UNKNOWN, **_ENDS)
    ends = {"pad_token_id": 2, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
    width = {"hidden_size": 32, "intermediate_size": 64}
    layers = {"num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2}
    if streaming:
        encoder = MoonshineStreamingEncoderConfig(**width, **layers, sliding_windows=[[16, 4], [16, 0]])
        config: Any = MoonshineStreamingConfig(
            vocab_size=len(tokenizer), **width, **layers, **ends, encoder_config=encoder
        )
        model: Any = MoonshineStreamingForConditionalGeneration(config)
    else:
        both = {f"{side}_{name}": 2 for side in ("encoder", "decoder") for name in list(layers)[:2]}
        model = MoonshineForConditionalGeneration(MoonshineConfig(vocab_size=len(tokenizer), **width, **both, **ends))
    model.save_pretrained(folder)
    Wav2Vec2Processor(Wav2Vec2FeatureExtractor(return_attention_mask=True), tokenizer).save_pretrained(folder)
    return folder


_SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|de|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)


def _whisper_tokenizer() -> Any:
    """Bytes and a few merges, then what Whisper puts behind its vocabulary: specials and the times of 2 s."""
    from tokenizers import AddedToken
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import WhisperTokenizer

    vocabulary = {letter: number for number, letter in enumerate(sorted(ByteLevel.alphabet()))}
    # The empty string is how CTranslate2 tells a multilingual Whisper from an English one.
    for piece in ("tu", "rn", "li", "gh", "mu", "si", "th", ""):
        vocabulary[piece] = len(vocabulary)
    for piece in _SPECIAL:
        vocabulary[piece] = len(vocabulary)
    merges = [("t", "u"), ("r", "n"), ("l", "i"), ("g", "h"), ("m", "u"), ("s", "i"), ("t", "h")]
    tokenizer = WhisperTokenizer(vocab=vocabulary, merges=merges, language="english", task="transcribe")
    tokenizer.add_special_tokens({"additional_special_tokens": list(_SPECIAL[1:])})
    times = [AddedToken(f"<|{step * 0.02:.2f}|>", normalized=False, special=False) for step in range(101)]
    tokenizer.add_tokens(times)
    return tokenizer


def teach(base: Path, out: Path, *, steps: int, peak: float, **choices: Any) -> list[float]:
    """Learn `SENTENCES` by heart, save the checkpoint to `out`, and give the loss of each step."""
    import torch

    from idiolect.training.hf import HfChoices, HfLearner
    from idiolect.training.recipe import Adapter

    torch.set_num_threads(1)
    learner = HfLearner(HfChoices(str(base), **({"adapter": Adapter(use=False)} | choices)))
    torch.set_flush_denormal(True)  # learning by heart ends in tiny numbers, which are slow
    try:
        losses = fit(learner, steps=steps, peak=peak)
    finally:
        torch.set_flush_denormal(False)  # it is the whole process's: hypothesis refuses to work with it
    learner.save(out)
    return losses


def examples() -> tuple[list[Any], list[Any]]:
    """The samples of `SENTENCES`, and what is learned from each."""
    from idiolect.training.learner import Example
    from idiolect.units import duration_of

    clips = [say(sentence) for sentence in SENTENCES]
    return clips, [
        Example(f"clip-{number}", sentence, duration_of(clip))
        for number, (sentence, clip) in enumerate(zip(SENTENCES, clips, strict=True))
    ]


def fit(learner: Any, *, steps: int, peak: float) -> list[float]:
    """The loop in small: the same batch again and again."""
    import torch

    weights = [weight for weight in learner.module.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, peak)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, total_steps=steps + 1, pct_start=0.15)
    batch = learner.batch(*examples(), np.random.default_rng(0))
    losses = []
    for _ in range(steps):
        loss = learner.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        rates.step()
        losses.append(loss.item())
    return losses
