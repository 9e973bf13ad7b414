"""RFC 3161 timestamps: the platform's own authority, and the client for any."""

from activities.providers.timestamp.authority import TimestampAuthority
from activities.providers.timestamp.client import TimestampClient

__all__ = ["TimestampAuthority", "TimestampClient"]
