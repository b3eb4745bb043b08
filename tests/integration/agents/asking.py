"""Load an agent from a definition and ask it, against a server of the test."""

from collections.abc import Mapping
from pathlib import Path

from remit.adapters.agents import LoadedAgent, load_agent
from remit.runtime.ports import AgentReply, AgentView

LLM = """\
apiVersion: remit/v1
kind: Agent
name: shop-llm
type: llm
llm:
  base_url: {base_url}
  model: small
  system_prompt: prompt.md
  prices: {{input_eur_per_million: 0.5, output_eur_per_million: 2}}
"""
OPENAI_CHAT = """\
apiVersion: remit/v1
kind: Agent
name: vendor
type: openai_chat
openai_chat:
  base_url: {base_url}
  model: theirs
"""
HTTP = """\
apiVersion: remit/v1
kind: Agent
name: vendor
type: http
http:
  url: {base_url}/reply
  headers: {{Authorization: "Bearer ${{VENDOR_TOKEN}}"}}
  body:
    session: "{{{{ conversation_id }}}}"
    text: "{{{{ message }}}}"
    history: "{{{{ messages }}}}"
    greeting: "Speak {{{{ language }}}}, please"
    state: "{{{{ memory }}}}"
  response:
    text: /reply/*/text
    hand_off: /handoff
    reason: /reason
    note: /summary
    confidence: /score
    memory: /state
"""
SECRETS = {"VENDOR_TOKEN": "s3cret", "LLM_KEY": "k3y\n"}


def load(
    folder: Path, definition: str, base_url: str, *, more: str = "", environ: Mapping[str, str] = SECRETS
) -> LoadedAgent:
    """The agent of a definition; `more` are further lines of its section, indented by two."""
    (folder / "prompt.md").write_text("You work for a shop.\n")
    path = folder / "agent.yaml"
    path.write_text(definition.format(base_url=base_url) + more)
    return load_agent(path, environ=environ)


async def ask(loaded: LoadedAgent, *views: AgentView) -> AgentReply:
    """Its reply to the last of the views; it is closed afterwards."""
    try:
        for view in views:
            reply = await loaded.agent.propose(view)
        return reply
    finally:
        await loaded.close()
