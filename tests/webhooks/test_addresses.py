"""Messages go nowhere inside the network: the table of ways in that people have tried."""

from __future__ import annotations

import doctest
import socket

import pytest

from tests.webhooks.addon_webhooks import PLAIN, load

addresses = load("addresses")


@pytest.mark.parametrize("name", PLAIN)
def test_docstrings_of_the_addon_tell_the_truth(name):
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    result = doctest.testmod(load(name), optionflags=flags)
    assert result.failed == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.com/",
        "ftp://app.example.com/",
        "file:///etc/passwd",
        "gopher://app.example.com/",
        "app.example.com",
        "https://",
        "https:///hooks",
        "https://user:pass@app.example.com/",
        "https://app.example.com@127.0.0.1/",
        "https://app.example.com\\@127.0.0.1/",
        "https://app.example.com/a b",
        "https://app.example.com/\r\nX-Evil: 1",
        "https://app.example.com:99999/",
        "https://[::1/",
        "https://ünï.example/",
        "https://app.example.com/#part",
        f"https://app.example.com/{'x' * 3000}",
    ],
)
def test_what_is_no_url_of_a_webhook_is_refused(url):
    with pytest.raises(addresses.RefusedAddressError):
        addresses.parse_url(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fec0::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[2002:a9fe:a9fe::1]",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
        "[2001:db8::1]",
        # Special by IANA's registries, or no global unicast; some Pythons take them for public.
        "192.0.0.9",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.175.48.1",
        "198.51.100.1",
        "203.0.113.1",
        "168.63.129.16",
        "[2001:1::1]",
        "[2001:3::1]",
        "[2001:20::1]",
        "[2002:808:808::1]",
        "[2620:4f:8000::1]",
        "[3fff::1]",
        "[4000::1]",
        "[5f00::1]",
        "[64:ff9b:1::1]",
        "[100::1]",
        "[::ffff:8.8.8.8]",
    ],
)
def test_address_inside_the_network_is_refused_in_every_spelling(host):
    with pytest.raises(addresses.RefusedAddressError):
        addresses.parse_url(f"https://{host}/hooks")


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "8.8.8.8",
        "223.255.255.254",
        "192.0.1.1",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450::1",
        "64:ff9b::808:808",
    ],
)
def test_public_address_is_allowed(address):
    addresses.check_address(address)


def answering(*found):
    """A resolver that gives these addresses and counts how often it was asked."""
    asked = []

    def look_up(host, port, **_options):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    return look_up, asked


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::ffff:169.254.169.254"]]
)
def test_name_that_leads_inside_the_network_is_refused_when_sending(found):
    look_up, _asked = answering(*found)
    target = addresses.parse_url("https://innocent.example.com/")
    with pytest.raises(addresses.RefusedAddressError):
        addresses.resolve(target, look_up)


def test_name_is_looked_up_once_and_its_checked_address_returned():
    look_up, asked = answering("93.184.215.14")
    target = addresses.parse_url("https://app.example.com/")
    assert addresses.resolve(target, look_up) == "93.184.215.14"
    assert asked == ["app.example.com"]


@pytest.mark.parametrize("host", ["a" * 70, "a..b"])
def test_name_that_no_resolver_takes_is_a_fault_of_the_network(host):
    target = addresses.parse_url(f"https://{host}.example.com/")
    with pytest.raises(OSError, match=r".+"):
        addresses.resolve(target)


@pytest.mark.parametrize(
    ("setting", "url", "allowed"),
    [
        ("127.0.0.1", "http://127.0.0.1:8099/x", True),
        ("127.0.0.1:8099", "http://127.0.0.1:8099/x", True),
        ("127.0.0.1:8098", "http://127.0.0.1:8099/x", False),
        ("hooks.test, 10.0.0.7", "http://hooks.test/", True),
        ("hooks.test", "http://x.hooks.test/", False),
    ],
)
def test_setting_allows_exactly_the_hosts_that_it_names(setting, url, allowed):
    hosts = addresses.parse_allowed(setting)
    if allowed:
        assert addresses.parse_url(url, hosts).allowed
    else:
        with pytest.raises(addresses.RefusedAddressError):
            addresses.parse_url(url, hosts)
