"""A server for this machine alone: the page, its answers, and the files that both need."""

from __future__ import annotations

import asyncio
import json
import socket
import webbrowser
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jinja2
from bokeh.settings import settings
from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler, StaticFileHandler

from cnsproject.checks import whole
from cnsproject.errors import CnsError, ParameterError
from cnsproject.explore.page.answers import Answers, read, typed
from cnsproject.explore.page.figures import figures
from cnsproject.explore.page.symbols import symbol
from cnsproject.explore.presets import presets
from cnsproject.explore.state import State, find

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
# The browser itself refuses whatever is not from here.
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"  # noqa: E501
_LAST_PORT = 65_535
_FOLDER = Path(__file__).parent


class Local(RequestHandler):
    """Answers whoever calls it by a name of this machine: another name may be a page's way around the browser."""

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")

    def prepare(self) -> None:
        if self.request.host_name not in _NAMES:
            raise HTTPError(403)


class Page(Local):
    """The page with all controls of a world; what they show is asked for by the page itself."""

    def initialize(self, template: jinja2.Template) -> None:
        self.template = template

    def get(self) -> None:
        query = self.request.query
        texts = typed(query)
        world = find(texts["world"])
        self.finish(
            self.template.render(
                world=world,
                texts=texts,
                presets=presets(),
                beside=texts.get("beside", ""),
                figures=json.dumps(figures(_sides(query, world.name))).replace("<", "\\u003c"),
            )
        )


class Answer(Local):
    """What a state shows. One run after the other, beside the loop that serves the pages."""

    def initialize(self, answers: Answers, worker: ThreadPoolExecutor) -> None:
        self.answers, self.worker = answers, worker

    async def get(self) -> None:
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self.worker, self.answers.answer, self.request.query)
        if "seconds" in answer:
            self.set_header("Server-Timing", f"run;dur={1e3 * answer['seconds']:.1f}")
        self.finish(answer)


def _sides(query: str, world: str) -> Mapping[str, Any]:
    """The worlds that stand beside each other; of a query with wrong values the one that can be seen."""
    try:
        state, beside = read(query)
    except CnsError:
        return {"B": find(world)}
    return ({"A": find(beside.world)} if beside else {}) | {"B": find(state.world)}


def application(answers: Answers, worker: ThreadPoolExecutor) -> Application:
    """The page, its answers and its files."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["symbol"] = symbol
    return Application(
        [
            ("/", Page, {"template": environment.get_template("explorer.html.j2")}),
            ("/answer", Answer, {"answers": answers, "worker": worker}),
            (r"/files/(explorer\.(?:js|css))", StaticFileHandler, {"path": str(_FOLDER / "static")}),
            (r"/bokeh/(bokeh(?:-gl)?\.min\.js)", StaticFileHandler, {"path": str(settings.bokehjs_path() / "js")}),
        ]
    )


def _socket(port: int) -> socket.socket:
    """Where calls from this machine arrive, and no others."""
    wanted = whole("port", port)
    try:
        if wanted > _LAST_PORT:
            raise OSError("there is no such port")
        made = socket.create_server((HOST, wanted))
    except OSError as error:
        raise ParameterError(
            "port", got=f"{port} ({error})", expected=f"a free port, at most {_LAST_PORT}", fix="leave --port out"
        ) from None
    made.setblocking(False)
    return made


async def serve(port: int = 0, *, browser: bool = True, warm: bool = True, tell: Any = print) -> None:
    """Serve the explorer on this machine until the task is cancelled.

    port     0 takes a free one
    browser  whether to open the page
    warm     whether to compile, or load, what will be asked for first before somebody asks
    tell     is called with the address

    Raises ParameterError for a port that is taken.
    """
    answers = Answers()
    with ThreadPoolExecutor(max_workers=1) as worker:
        server, listening = HTTPServer(application(answers, worker)), _socket(port)
        server.add_socket(listening)
        address = f"http://{HOST}:{listening.getsockname()[1]}/"
        for name in ("report", "network", "LIF") if warm else ():
            worker.submit(answers.answer, State.of(name).query())
        tell(address)
        if browser:
            webbrowser.open(address)
        try:
            await asyncio.Event().wait()
        finally:
            server.stop()
            worker.shutdown(wait=False, cancel_futures=True)
