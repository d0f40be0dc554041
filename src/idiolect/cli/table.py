"""The commands, in the order of the loop. Strings, so that the list of them loads none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One command as the table knows it."""

    target: str
    """``module:attribute`` of a `click.Command`."""
    about: str


COMMANDS: dict[str, Row] = {
    "init": Row("idiolect.cli.init:command", "Make a project in a folder."),
    "import": Row("idiolect.cli.import_:command", "Bring in audio, with the texts that come with it."),
    "task": Row("idiolect.cli.task:command", "Write, check and try task files: what may be said."),
    "record": Row("idiolect.cli.record:command", "Record from the microphone, reading prompts or freely."),
    "label": Row("idiolect.cli.label:command", "Let a teacher label every clip it has not labeled yet."),
    "relabel": Row("idiolect.cli.relabel:command", "Let a teacher hear chosen clips again."),
    "vote": Row("idiolect.cli.vote:command", "Vote what several teachers heard into one label per clip."),
    "teachers": Row("idiolect.cli.teachers:command", "Judge the teachers on what people reviewed."),
    "correct": Row("idiolect.cli.correct:command", "Let a language model correct what machines heard."),
    "synthesize": Row("idiolect.cli.synthesize:command", "Let machines speak sentences of a task."),
    "queue": Row("idiolect.cli.queue:command", "Rank clips by what a person's minute is worth."),
    "find": Row("idiolect.cli.find:command", "Find clips by text, speaker, sound, labels and more; tag them."),
    "review": Row("idiolect.cli.review:command", "Hear clips and accept or correct their labels."),
    "voices": Row("idiolect.cli.voices:command", "Find which clips of unnamed people are by one voice."),
    "freeze": Row("idiolect.cli.freeze:command", "Freeze what is labeled now into a dataset."),
    "datasets": Row("idiolect.cli.datasets:command", "List frozen datasets, or write one for other tools."),
    "train": Row("idiolect.cli.train:command", "Train a model on a frozen dataset."),
    "improve": Row("idiolect.cli.improve:command", "Let a model teach itself on clips that nobody labeled."),
    "evaluate": Row("idiolect.cli.evaluate:command", "Score models and engines on the same clips."),
    "export": Row("idiolect.cli.export:command", "Write a model as a bundle that runs without torch."),
    "transcribe": Row("idiolect.cli.transcribe:command", "Write down what is said in audio files."),
    "serve": Row("idiolect.cli.serve:command", "Answer OpenAI's transcription API over HTTP."),
    "jobs": Row("idiolect.cli.jobs:command", "Run commands that outlive this terminal, and look after them."),
    "studio": Row("idiolect.cli.studio:command", "Open the web app over this project."),
    "account": Row("idiolect.cli.account:command", "Say who of a team may sign in to the studio."),
    "alias": Row("idiolect.cli.alias:command", "Say which name serves which model: promote, roll back."),
    "engines": Row("idiolect.cli.engines:command", "List the engines and whether they can run here."),
    "status": Row("idiolect.cli.status:command", "Show where the loop stands and what to do next."),
    "cost": Row("idiolect.cli.cost:command", "Compare what each known teacher would cost."),
    "ledger": Row("idiolect.cli.ledger:command", "List what was sent to other machines, and what it cost."),
    "allow": Row("idiolect.cli.allow:command", "Let this project send to a cloud, by name."),
    "sensitivity": Row("idiolect.cli.sensitivity:command", "Say how far recordings may travel."),
    "budget": Row("idiolect.cli.budget:command", "Set caps on what this project may cost."),
    "check": Row("idiolect.cli.check:command", "Ask every promise of the store."),
    "demo": Row("idiolect.cli.demo:command", "Run the whole loop once on speech made here."),
    "forget": Row("idiolect.cli.forget:command", "Remove a speaker's audio and labels."),
}
