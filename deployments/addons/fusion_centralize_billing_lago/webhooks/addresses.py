"""Which addresses messages may go to: none inside the network, unless a setting allows it.

An app's endpoint is typed in by the app. Without this guard it could make Odoo call what
only Odoo can reach: its own database, a cloud's metadata service, a printer.
"""

import contextlib
import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

#: Like ``socket.getaddrinfo``: the address is the first cell of an answer's fifth.
LookUp = Callable[..., Sequence[tuple[Any, Any, Any, Any, Any]]]

_PORTS = {"http": 80, "https": 443}
_MOST_CHARACTERS = 2048
#: Prefixes whose last four bytes are an IPv4 address that the packet really goes to.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: Where the public internet is: of IPv6 one eighth, of IPv4 what is below multicast.
_PUBLIC = {4: ipaddress.ip_network("0.0.0.0/0"), 6: ipaddress.ip_network("2000::/3")}
#: IANA's special-purpose registries of IPv4 and IPv6, as far as they are in ``_PUBLIC``, multicast,
#: and the address at which machines in Azure find their host. Python knows those of its release.
_SPECIAL_NETWORKS = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
    "192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 "
    "198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 168.63.129.16/32 "
    "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20"
)
_SPECIAL = tuple(ipaddress.ip_network(each) for each in _SPECIAL_NETWORKS.split())


class RefusedAddressError(Exception):
    """The URL may not be called; the text says why, in words for people."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an endpoint is.

    Attributes:
        scheme: ``https`` or ``http``.
        host: Name or address as in the URL, without brackets.
        port: TCP port.
        path: Path and query to ask for.
        header: The ``Host`` header.
        allowed: A setting allows this host to be private and to have no certificate.
    """

    scheme: str
    host: str
    port: int
    path: str
    header: str
    allowed: bool = field(default=False)


def parse_allowed(setting: str | bool | None) -> frozenset[str]:
    """Read the setting: hosts or ``host:port``, separated by commas or spaces.

    >>> sorted(parse_allowed("127.0.0.1:8099, hooks.test"))
    ['127.0.0.1:8099', 'hooks.test']
    """
    return frozenset(str(setting or "").replace(",", " ").lower().split())


def parse_url(url: str, allowed: frozenset[str] = frozenset()) -> Target:
    """Read an endpoint's URL; a name is not looked up yet.

    Args:
        url: What the app gave.
        allowed: Hosts (or ``host:port``) that may be private and plain HTTP.

    Raises:
        RefusedAddressError: It is no URL that may be called.
    """
    parts, port = _split(url)
    host = (parts.hostname or "").rstrip(".").lower()
    is_allowed = host in allowed or f"{host}:{port}" in allowed
    if parts.scheme == "http" and not is_allowed:
        raise RefusedAddressError("it must begin with https://")
    literal = _literal(host)
    if literal is not None and not is_allowed:
        check_address(literal)
    name = f"[{host}]" if ":" in host else host
    return Target(
        scheme=parts.scheme,
        host=host,
        port=port,
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        header=name if port == _PORTS[parts.scheme] else f"{name}:{port}",
        allowed=is_allowed,
    )


def resolve(target: Target, look_up: LookUp = socket.getaddrinfo) -> str:
    """Return the one address to connect to: looked up once, and every answer checked.

    The connection must be made to what this returns and not to the name, or a name that
    answers differently the second time would get past the check.

    Raises:
        RefusedAddressError: The name leads inside the network.
        OSError: It leads nowhere.
    """
    try:
        answers = look_up(target.host, target.port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("no name of a host") from None
    addresses = [str(answer[4][0]) for answer in answers]
    if not addresses:
        raise OSError("no address")
    if not target.allowed:
        for address in addresses:
            check_address(address)
    return addresses[0]


def check_address(text: str) -> None:
    """Raise RefusedAddressError unless the address is public.

    >>> check_address("93.184.215.14")
    >>> check_address("::ffff:127.0.0.1")
    Traceback (most recent call last):
    ...
    odoo.addons.fusion_centralize_billing_lago.webhooks.addresses.RefusedAddressError: ...
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if address in _NAT64:
        # A network without IPv4 names every public IPv4 address so.
        address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    special = any(address in network for network in _SPECIAL if network.version == address.version)
    if special or address not in _PUBLIC[address.version]:
        raise RefusedAddressError("it leads to an address inside the network")


def _split(url: str) -> tuple[SplitResult, int]:
    """Return the URL's parts and port.

    Raises:
        RefusedAddressError: It is malformed.
    """
    if len(url) > _MOST_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
        raise RefusedAddressError("it is too long or has characters that no URL has")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedAddressError("it is no URL") from None
    if parts.scheme not in _PORTS or not parts.hostname or "\\" in url:
        raise RefusedAddressError("it is not like https://app.example.com/hooks")
    if "@" in parts.netloc or parts.fragment:
        raise RefusedAddressError("it may have no login and no fragment")
    return parts, port or _PORTS[parts.scheme]


def _literal(host: str) -> str | None:
    """Return the address if the host is one, in whatever spelling the system understands.

    >>> _literal("2130706433"), _literal("0x7f.1"), _literal("app.example.com")
    ('127.0.0.1', '127.0.0.1', None)
    """
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host))
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None
