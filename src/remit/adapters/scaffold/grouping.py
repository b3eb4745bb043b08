"""Groups short texts by the words they share: a draft for people to correct, no measurement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_WORD = r"(?u)\b[^\W\d_]{3,}\b"
# Said in every contact: groups of them would be groups of manners.
_MANNERS = (
    "able afternoon asap ask asking assist assistance could day don evening good hello help hey issue know let like "
    "look looking madam morning need please possible problem question sir tell thank thanks today try trying "
    "understand wanna want way would"
)
_TOPICS = 40
_GROUPS = (2, 3, 4, 6, 8, 12, 16, 24, 32)
_COMPARED = 2000
_COHESION = 0.5


@dataclass(frozen=True, slots=True)
class TextGroup:
    """Texts that share words, the most typical first; `words` are the two that mark the group, and may be missing."""

    words: tuple[str, ...]
    texts: tuple[str, ...]


def group_texts(texts: Sequence[str], weights: Sequence[int]) -> tuple[TextGroup, ...]:
    """Groups that hold together; texts that fit nowhere are left out. The same texts give the same groups.

    TF-IDF, 40 latent topics, k-means with the k of the best silhouette; a group holds together if the mean cosine
    of its texts to its centre is at least 0.5.

    Args:
        texts: Each different, at least three.
        weights: How often each occurs.
    """
    import numpy as np
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
    from sklearn.preprocessing import normalize

    vectorizer = TfidfVectorizer(
        sublinear_tf=True,
        stop_words=sorted(ENGLISH_STOP_WORDS.union(_MANNERS.split())),
        token_pattern=_WORD,
        ngram_range=(1, 2),
    )
    try:
        rows = vectorizer.fit_transform(texts)
    except ValueError:  # no words at all, such as a history of numbers
        return (TextGroup((), tuple(texts)),)
    if min(rows.shape) < 3:
        return (TextGroup((), tuple(texts)),)
    # Texts that all say the same have no variance to divide by.
    with np.errstate(divide="ignore", invalid="ignore"):
        topics = TruncatedSVD(min(_TOPICS, min(rows.shape) - 1), random_state=0).fit_transform(rows)
    topics = normalize(topics)
    labels = _best_labels(topics, weights)
    terms = vectorizer.get_feature_names_out()
    groups = []
    for label in sorted(set(labels.tolist())):
        members = np.flatnonzero(labels == label)
        centre = normalize(topics[members].mean(axis=0, keepdims=True))[0]
        closeness = topics[members] @ centre
        if len(members) < 2 or closeness.mean() < _COHESION:
            continue
        typical = members[np.argsort(-closeness, kind="stable")]
        marks = np.asarray(rows[members].mean(axis=0)).ravel()
        groups.append(TextGroup(_marking_words(terms, marks), tuple(texts[index] for index in typical)))
    return tuple(groups) or (TextGroup((), tuple(texts)),)


def _best_labels(topics: Any, weights: Sequence[int]) -> Any:
    """Shape (n_texts,): the group of each text. `topics`: shape (n_texts, n_topics), unit rows."""
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    n_texts = len(topics)
    n_different = len(np.unique(topics.round(9), axis=0))
    best_score, best = -1.0, np.zeros(n_texts, dtype=np.int32)
    for n_groups in _GROUPS:
        if n_groups > n_different or n_groups > n_texts // 5:
            break
        labels = KMeans(n_groups, n_init=3, random_state=0).fit(topics, sample_weight=weights).labels_
        # A sample, because the silhouette's cost grows with the square.
        score = silhouette_score(topics, labels, metric="cosine", sample_size=min(n_texts, _COMPARED), random_state=0)
        if score > best_score:
            best_score, best = float(score), labels
    return best


def _marking_words(terms: Sequence[str], marks: Any) -> tuple[str, ...]:
    """The strongest two single words; a pair of words counts as its parts."""
    found: list[str] = []
    for index in (-marks).argsort(kind="stable"):
        if marks[index] <= 0 or len(found) >= 2:
            break
        found.extend(word for word in str(terms[index]).split() if word not in found)
    return tuple(found[:2])
