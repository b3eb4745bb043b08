"""A small MCP server on stdio that notes every effect in a file: `python counting_server.py JOURNAL`.

`keyed` promises that the same key does nothing twice and looks into the journal; `write` promises nothing.
"""

import fcntl
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

JOURNAL = Path(sys.argv[1])
KEY = "remit/idempotency-key"


def answer(method: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
    match method:
        case "initialize":
            info = {"name": "counting", "version": "1"}
            return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
        case "tools/list":
            tools: list[dict[str, Any]] = [
                {"name": name, "inputSchema": {"type": "object"}} for name in ("read", "write", "keyed")
            ]
            tools[-1]["_meta"] = {"remit/takes-idempotency-key": True}
            return {"tools": tools}
        case "tools/call":
            return {"content": [{"type": "text", "text": run(params["name"], params["_meta"][KEY])}]}
        case _:
            return None


def run(tool: str, key: str) -> str:
    """Two gateways start a server each: the file is what they share."""
    with JOURNAL.open("a+") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        journal.seek(0)
        if tool == "read" or (tool == "keyed" and f"keyed {key}" in journal.read().splitlines()):
            return "nothing to do"
        journal.write(f"{tool} {key}\n")
    return "done"


for line in sys.stdin:
    request = json.loads(line)
    if "id" in request:
        result = answer(request["method"], request.get("params", {}))
        unknown = {"error": {"code": -32601, "message": "Method not found"}}
        found = unknown if result is None else {"result": result}
        print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **found}), flush=True)
