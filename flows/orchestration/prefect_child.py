"""The Prefect server as a child process that does not outlive its parent.

python -m flows.orchestration.prefect_child PORT
"""

from __future__ import annotations

import os
import sys
import threading
import time


def main() -> None:
    """Run the server until it is told to end, or until the process that started it is gone."""
    parent = os.getppid()
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    import uvicorn
    from prefect.server.api.server import create_app

    uvicorn.run(
        create_app(final=True),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
