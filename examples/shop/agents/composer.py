"""Retrieval composer (no LLM): answers in the sentences of the store's articles that fit the question best.

It stands where a store with a language model would have one, so that the example runs without a key. It cannot
reason: a question that shares words with an article gets that article's sentences, whether they answer it or not.
"""

import re
from pathlib import Path

from remit.adapters.agents.knowledge import Found, read_knowledge, stems_of
from remit.conversations import HandoffReason
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedHandoff
from remit.runtime.ports import AgentView

_KNOWLEDGE = read_knowledge(Path(__file__).parent.parent / "knowledge")
_AT_LEAST = 0.10
_CLOSE_BEHIND = 0.8
_MOST_SENTENCES = 4
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


async def propose(view: AgentView) -> Proposal:
    """An answer out of the best passages, or a handoff where no passage comes near the question."""
    question = next(m.text for m in reversed(view.conversation.messages()) if m.speaker == "customer")
    found = _KNOWLEDGE.search(question, limit=2)
    if not found or found[0].score < _AT_LEAST:
        return ProposedHandoff(HandoffReason.MISSING_KNOWLEDGE, "no article comes near the question")
    used = [passage for passage in found if passage.score >= _CLOSE_BEHIND * found[0].score]
    text = " ".join(_fitting_sentences(passage, question) for passage in used)
    return ProposedAnswer(
        f"From our article on {used[0].passage.title.lower()}: {text}",
        sources=tuple(passage.passage.source for passage in used),
        signals={"retrieval_score": used[0].score},
    )


def _fitting_sentences(found: Found, question: str) -> str:
    """The sentences with the most words of the question, in the order of the article."""
    wanted = set(stems_of(question))
    sentences = _SENTENCE.split(found.passage.text)
    ranked = sorted(range(len(sentences)), key=lambda place: (-len(wanted & set(stems_of(sentences[place]))), place))
    return " ".join(sentences[place] for place in sorted(ranked[:_MOST_SENTENCES]))
