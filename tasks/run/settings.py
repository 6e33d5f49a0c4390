"""Settings from the environment, and the clients they describe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings

from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.clients.odoo.connection import Odoo, OdooAccess, connect
from tasks.model.errors import ConfigError

if TYPE_CHECKING:
    from tasks.clients.lago.connection import Lago
    from tasks.clients.stripe.connection import Stripe

Kind = TypeVar("Kind", bound=BaseSettings)


class Settings(BaseSettings):
    """Where everything is. Each field is the environment variable of the same name."""

    nexacloud_dsn: SecretStr | None = Field(
        default=None, description="NexaCloud's PostgreSQL, with a role that can only read"
    )
    odoo_url: str = Field(min_length=1, description="Odoo 19, like https://odoo.example.com")
    odoo_db: str = Field(min_length=1, description="Odoo's database")
    odoo_user: str = Field(
        min_length=1, description="Login of a user in the group Centralized Billing / Importer"
    )
    odoo_password: SecretStr = Field(min_length=1, description="That user's password or API key")
    lago_api_url: str | None = Field(
        default=None, description="Lago, like https://api.getlago.com, without /api/v1"
    )
    lago_api_key: SecretStr | None = Field(default=None, description="A key of that Lago")
    stripe_api_key: SecretStr | None = Field(
        default=None, description="A restricted key of Stripe that only reads"
    )
    stripe_api_url: str = Field(
        default="https://api.stripe.com", description="Stripe, if it is not the real one"
    )
    reports_dir: Path = Field(default=Path("reports"), description="Where reports are written")
    billing_timezone: str = Field(
        default="America/Toronto", description="The company's time zone: it decides what a day is"
    )

    @field_validator("billing_timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{value!r} is no time zone (like America/Toronto)") from error
        return value

    @property
    def timezone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.billing_timezone)

    def nexacloud(self) -> NexaCloud:
        """Open NexaCloud's database (use as a context manager).

        Raises:
            ConfigError: The settings do not name one.
        """
        dsn = self.nexacloud_dsn.get_secret_value() if self.nexacloud_dsn else ""
        _require(nexacloud_dsn=dsn)
        return NexaCloud(dsn)

    def lago(self) -> Lago:
        """Make a reader of Lago; it asks nothing yet.

        Raises:
            ConfigError: The settings do not name a Lago.
        """
        # The vendor's client takes a quarter of a second to import; most flows read no Lago.
        from tasks.clients.lago.connection import Lago, LagoAccess

        key = self.lago_api_key.get_secret_value() if self.lago_api_key else ""
        _require(lago_api_url=self.lago_api_url, lago_api_key=key)
        return Lago(LagoAccess(str(self.lago_api_url), key))

    def stripe(self) -> Stripe:
        """Make a reader of Stripe; it asks nothing yet.

        Raises:
            ConfigError: The settings name no key, or one that can do more than read.
        """
        # The vendor's library takes a second to import; one flow asks Stripe.
        from tasks.clients.stripe.connection import Stripe, StripeAccess

        key = self.stripe_api_key.get_secret_value() if self.stripe_api_key else ""
        _require(stripe_api_key=key)
        return Stripe(StripeAccess(key, self.stripe_api_url))

    def odoo_access(self) -> OdooAccess:
        """Name the Odoo and the user to call as."""
        return OdooAccess(
            url=self.odoo_url.rstrip("/"),
            database=self.odoo_db,
            user=self.odoo_user,
            password=self.odoo_password.get_secret_value(),
        )

    def odoo(self) -> Odoo:
        """Return this process's connection to Odoo; the first call logs in."""
        return connect(self.odoo_access())


def _require(**values: str | None) -> None:
    """Refuse settings that are empty, naming all of them at once."""
    missing = [
        f"Set {name.upper()} ({Settings.model_fields[name].description})."
        for name, value in values.items()
        if not value
    ]
    if missing:
        raise ConfigError(" ".join(missing))


class EngineSettings(BaseSettings):
    """Where tasks run. Each field is the environment variable of the same name."""

    engine: Literal["threads", "dask"] = Field(
        default="threads", description="What runs a flow's tasks: threads or dask"
    )
    dask_scheduler: str | None = Field(
        default=None, description="Address of a Dask scheduler; none: a cluster of each run's own"
    )
    dask_workers: int = Field(
        default=2, ge=1, description="Worker processes of a cluster of a run's own"
    )


def load_engine() -> EngineSettings:
    """Read where tasks run; this needs none of the other settings.

    Raises:
        ConfigError: One sentence per variable that is wrong.
    """
    return _load(EngineSettings)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings, naming every variable that is missing or wrong at once.

    Raises:
        ConfigError: One sentence per variable; values are never shown.
    """
    return _load(Settings, **overrides)


def _load(kind: type[Kind], **overrides: Any) -> Kind:
    try:
        return kind(**overrides)
    except ValidationError as error:
        faults = [_complaint(fault, kind) for fault in error.errors()]
        raise ConfigError(" ".join(faults)) from None


def _complaint(fault: Any, kind: type[BaseSettings]) -> str:
    name = str(fault["loc"][0])
    described = kind.model_fields[name].description
    if fault["type"] in {"missing", "string_too_short", "too_short"}:
        return f"Set {name.upper()} ({described})."
    return f"{name.upper()} is wrong: {fault['msg']}."
