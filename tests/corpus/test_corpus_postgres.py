"""The store on a real PostgreSQL: the same promises as in a file."""

from __future__ import annotations


def test_try(postgres_url, postgres_server):
    from pathlib import Path
    from idiolect.corpus import Corpus
    import tempfile
    with Corpus.create(Path(tempfile.mkdtemp()), postgres_url) as c:
        print(c.counts())
