"""The engines: name to class. Strings, so that listing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One engine as the table knows it."""

    target: str
    """``module:Class``; the class is called with one `EngineOptions`."""
    about: str
    extra: str | None = None
    """The optional packages it needs: ``pip install 'idiolect[extra]'``."""
    needs_model: bool = False
    reads_task: bool = False
    remote: bool = False
    """It sends what it is given through the gateway; several threads may call one at once (see `RemoteEngine`)."""


ENGINES: dict[str, Row] = {
    "echo": Row("idiolect.engines.echo:Echo", "a fake for tests: says what it was told to"),
    "sphinx": Row(
        "idiolect.engines.sphinx:Sphinx",
        "PocketSphinx with the English model of its wheel; with a task, over a grammar made from it",
        reads_task=True,
    ),
    "starter": Row(
        "idiolect.engines.starter:Starter",
        "the small English phone network that comes with idiolect; with a task, over its sentences",
        reads_task=True,
    ),
    "nano": Row(
        "idiolect.engines.nano:Nano",
        "a checkpoint of our own small phone network (torch)",
        extra="train",
        needs_model=True,
        reads_task=True,
    ),
    "ctc": Row(
        "idiolect.engines.ctc:Ctc",
        "any AutoModelForCTC: Parakeet, wav2vec2, HuBERT",
        extra="train",
        needs_model=True,
        reads_task=True,
    ),
    "seq2seq": Row(
        "idiolect.engines.seq2seq:Seq2Seq",
        "any AutoModelForSpeechSeq2Seq: Whisper, Moonshine",
        extra="train",
        needs_model=True,
    ),
    "onnx": Row(
        "idiolect.engines.onnx:Onnx",
        "a bundle of ours, without torch",
        needs_model=True,
        reads_task=True,
    ),
    "faster-whisper": Row(
        "idiolect.engines.faster_whisper:FasterWhisper",
        "a Whisper bundle for CTranslate2",
        extra="faster-whisper",
        needs_model=True,
    ),
    "openai": Row(
        "idiolect.engines.openai:OpenAI",
        "any server with OpenAI's transcription API: OpenAI, Groq, vLLM, speaches, Lemonade; only through the gateway",
        remote=True,
    ),
    "chat-audio": Row(
        "idiolect.engines.chat_audio:ChatAudio",
        "a chat model that takes audio: Voxtral or Qwen behind vLLM, gpt-audio; only through the gateway",
        remote=True,
    ),
}
