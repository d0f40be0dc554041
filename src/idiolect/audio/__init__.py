"""Bytes to samples: decode, record, find speech, measure, augment, and turn into features.

Nothing of a codec or a network is loaded until it is used.
"""

from idiolect.audio.augment import Augmented, Augmenter, AugmentSpec, MaskSpec, mix, spec_augment
from idiolect.audio.decode import AudioInfo, Source, decode, decode_blocks, probe
from idiolect.audio.features import FeatureSpec, log_mel
from idiolect.audio.flac import SamplesHash, encode, from_pcm, round_to_16_bits, samples_hash, write_flac, write_wav
from idiolect.audio.noise import colored_noise
from idiolect.audio.quality import Quality, measure
from idiolect.audio.record import Level, Microphone, Played, Recorded, Recorder, devices
from idiolect.audio.resample import Resampler, resample
from idiolect.audio.take import Ended, TakeSpec
from idiolect.audio.turns import Turn, Turns
from idiolect.audio.vad import Span, SpeechDetector, cut, find_speech, speech_probabilities
from idiolect.audio.voice_print import voice_print
from idiolect.audio.voices import Prefer, VoiceGroups, check_halves, group_prints, group_voices

__all__ = [
    "AudioInfo",
    "AugmentSpec",
    "Augmented",
    "Augmenter",
    "Ended",
    "FeatureSpec",
    "Level",
    "MaskSpec",
    "Microphone",
    "Played",
    "Prefer",
    "Quality",
    "Recorded",
    "Recorder",
    "Resampler",
    "SamplesHash",
    "Source",
    "Span",
    "SpeechDetector",
    "TakeSpec",
    "Turn",
    "Turns",
    "VoiceGroups",
    "check_halves",
    "colored_noise",
    "cut",
    "decode",
    "decode_blocks",
    "devices",
    "encode",
    "find_speech",
    "from_pcm",
    "group_prints",
    "group_voices",
    "log_mel",
    "measure",
    "mix",
    "probe",
    "resample",
    "round_to_16_bits",
    "samples_hash",
    "spec_augment",
    "speech_probabilities",
    "voice_print",
    "write_flac",
    "write_wav",
]
