"""Reading what was delivered: JSON for programs, a page for people (by ``Accept``), unsigned."""

import re
from html import escape
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from simulator.journal import Journal, Message

LINK = re.compile(r"https?://[^\s<>&'\"，。；、）]+(?:&amp;[^\s<>&'\"，。；、）]+)*")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "Accept",
}
PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta http-equiv="refresh" content="3">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{font:16px/1.6 sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem}}
article{{border-top:1px solid #ccc;padding:.6rem 0}}small{{color:#666}}p{{white-space:pre-wrap;margin:.3rem 0}}</style>
<h1>{title}</h1>{content}</html>"""


def inbox_routes(journal: Journal) -> APIRouter:
    """``GET /inbox``, ``GET /inbox/{address}`` and ``GET /effects/{request_id}``."""
    routes = APIRouter(tags=["inbox"])

    @routes.get("/", include_in_schema=False)
    async def start() -> Response:
        return RedirectResponse("/inbox")

    @routes.get("/inbox")
    async def addresses(request: Request) -> Response:
        counts = {address: len(messages) for address, messages in journal.inboxes.items()}
        if wants_page(request):
            return page("收件箱 Inboxes", "".join(address_line(*item) for item in counts.items()))
        listed = [{"address": address, "messages": count} for address, count in counts.items()]
        return JSONResponse(listed, headers=HEADERS)

    @routes.get("/inbox/{address}")
    async def messages(request: Request, address: str) -> Response:
        found = journal.inbox(address)
        if wants_page(request):
            return page(f"{address} ({len(found)})", "".join(map(message_part, found)))
        listed = [message.model_dump(mode="json", exclude_none=True) for message in found]
        return JSONResponse(listed, headers=HEADERS)

    @routes.get("/effects/{request_id}")
    async def effects(request_id: str) -> dict[str, int]:
        """How often the partners were asked under this id, and how often they acted."""
        asked = sum(count for (_, id_), count in journal.requests.items() if id_ == request_id)
        acted = sum(id_ == request_id for _, id_ in journal.effects)
        return {"requests": asked, "effects": acted}

    return routes


def wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def page(title: str, content: str) -> Response:
    return HTMLResponse(PAGE.format(title=escape(title), content=content), headers=HEADERS)


def address_line(address: str, count: int) -> str:
    return f'<p><a href="/inbox/{quote(address, safe="")}">{escape(address)}</a> ({count})</p>'


def message_part(message: Message) -> str:
    text = LINK.sub(lambda link: f'<a href="{link[0]}">{link[0]}</a>', escape(message.text))
    subject = f"<b>{escape(message.subject)}</b>" if message.subject else ""
    return f"<article><small>{message.at:%Y-%m-%d %H:%M:%S} UTC</small> {subject}<p>{text}</p></article>"
