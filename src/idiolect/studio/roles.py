"""Which areas of the studio a role may enter. What is not listed is the owner's alone.

The area of ``/review`` and of all below ``/api/review/`` is ``review``; that of ``/`` is ``home``. The guard asks
before any page does. What a speaker may see inside an area is asked again there, by clip: `own_clips`.
"""

from __future__ import annotations

from fastapi import Depends
from starlette.requests import HTTPConnection

from idiolect.corpus.accounts import Role
from idiolect.errors import CorpusError
from idiolect.studio.desk import desk_of

EVERYBODY = frozenset({"mine", "record", "takes", "clips", "person", "sign-out"})
"""What a speaker needs: their own recordings, new ones, and the settings of the page itself."""
REVIEWERS = EVERYBODY | {"home", "find", "review", "compare", "tray"}


def area_of(path: str) -> str:
    """``/api/review/x`` → ``review``."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"]:
        parts = parts[1:]
    return parts[0] if parts else "home"


def may_enter(role: Role, path: str) -> bool:
    """Whether that role has any business at `path`."""
    if role == "owner":
        return True
    return area_of(path) in (REVIEWERS if role == "reviewer" else EVERYBODY)


def own_clips(request: HTTPConnection) -> None:
    """For every route with a ``clip_id`` in its path: a speaker's has to be of their own recordings.

    Another's is answered as one that is not there, which it is not for them.
    """
    clip_id = request.path_params.get("clip_id")
    if clip_id is None or (desk := desk_of(request)).role != "speaker":
        return
    missing = CorpusError(f"no clip begins with {clip_id!r}")
    try:
        clip = desk.project.corpus.clip(clip_id)
    except CorpusError:
        raise missing from None
    if clip.id != clip_id or not desk.may_hear(clip.recording.speaker):
        raise missing


OwnClips = Depends(own_clips)
