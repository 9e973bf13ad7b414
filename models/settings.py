"""Every setting, read from the environment (``QIANZHANG_…``) by the entry points only."""

import base64
from typing import Literal, Self

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the parts are and with which secrets they speak; ``.env.example`` lists the same names."""

    model_config = SettingsConfigDict(env_prefix="QIANZHANG_", extra="ignore", hide_input_in_errors=True)

    environment: Literal["development", "production"] = "production"
    database_url: str
    """``postgresql+asyncpg://…``"""
    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    storage_url: str
    """``file:///folder`` or ``s3://bucket/prefix``"""
    master_key: SecretStr
    """32 bytes, base64: the root from which every other key is derived (models/keyring.py)."""
    public_url: str
    """Address under which certificates' CRL and OCSP, links in messages and the API are reached."""
    timestamp_url: str | None = None
    """RFC 3161 authority; the platform's own under public_url when empty."""
    sms_url: str
    mail_url: str
    carrier_url: str
    registry_url: str
    provider_secret: SecretStr
    """Shared secret that signs requests to the providers above."""
    codec_origin: str | None = None
    """Origin of the Temporal UI that may show decoded payloads; the route does not exist without it."""
    codec_token: SecretStr | None = None
    """What an operator's UI must present; needed in production."""
    processes_concurrency: int = 50

    @model_validator(mode="after")
    def refuse_unsafe(self) -> Self:
        if len(base64.b64decode(self.master_key.get_secret_value())) != 32:
            raise ValueError("QIANZHANG_MASTER_KEY must be 32 bytes in base64")
        if self.environment == "production" and not self.public_url.startswith("https://"):
            raise ValueError("QIANZHANG_PUBLIC_URL must be https in production")
        if self.environment == "production" and self.codec_origin and not self.codec_token:
            raise ValueError("QIANZHANG_CODEC_TOKEN must be set where QIANZHANG_CODEC_ORIGIN is")
        return self
