"""Finding clips among a million: the query and its text, pages, counts, and listings that can be jumped in."""

from idiolect.corpus.finding.fields import FIELDS, SORTS, Field
from idiolect.corpus.finding.listing import FoundClip, Listing, Listings, Page
from idiolect.corpus.finding.query import ClipQuery, Condition

__all__ = ["FIELDS", "SORTS", "ClipQuery", "Condition", "Field", "FoundClip", "Listing", "Listings", "Page"]
