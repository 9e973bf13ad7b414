"""Time as people in China read it."""

from datetime import datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local_time(point: datetime) -> datetime:
    return point.astimezone(SHANGHAI)
