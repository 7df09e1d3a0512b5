"""The cidr functions."""

from __future__ import annotations

import ipaddress

from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.hcl.functions.numeric import integer, whole
from kfinfra.values.data import ListValue, Value
from kfinfra.values.types import STRING

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(prefix: str) -> Network:
    if "/" not in prefix:
        raise FunctionError(f"invalid CIDR expression: invalid CIDR address: {prefix}", 0)
    try:
        return ipaddress.ip_network(prefix, strict=False)
    except ValueError as bad:
        raise FunctionError(f"invalid CIDR expression: {bad}", 0) from bad


def _host(prefix: str, host: Value) -> Value:
    network, at = _network(prefix), integer(host, 1)
    size = network.num_addresses
    if not -size <= at < size:
        raise FunctionError(f"prefix of {network.prefixlen} does not accommodate a host numbered {at}")
    return str(network[at])


def _subnet(prefix: str, bits: Value, number: Value) -> Value:
    network, new, at = _network(prefix), whole(bits, 1), integer(number, 2)
    length = network.prefixlen + new
    if new < 0 or length > network.max_prefixlen:
        raise FunctionError(f"insufficient address space to extend prefix of {network.prefixlen} by {new}", 1)
    if not 0 <= at < 2**new:
        raise FunctionError(f"prefix extension of {new} does not accommodate a subnet numbered {at}", 2)
    start = int(network.network_address) + (at << (network.max_prefixlen - length))
    return f"{type(network.network_address)(start)}/{length}"


def _subnets(prefix: str, *bits: Value) -> Value:
    network, out = _network(prefix), []
    at, end = int(network.network_address), int(network.broadcast_address)
    for place, new in enumerate(bits, 1):
        length = network.prefixlen + whole(new, place)
        if whole(new, place) < 1 or length > network.max_prefixlen:
            raise FunctionError("must extend prefix by at least one bit, within the address's length", place)
        size = 1 << (network.max_prefixlen - length)
        at = -(-at // size) * size
        if at + size - 1 > end:
            raise FunctionError("not enough remaining address space for a subnet", place)
        out.append(f"{type(network.network_address)(at)}/{length}")
        at += size
    return ListValue(STRING, tuple(out))


def _netmask(prefix: str) -> Value:
    network = _network(prefix)
    if network.version != 4:
        raise FunctionError("IPv6 addresses cannot have a netmask", 0)
    return str(network.netmask)


FUNCTIONS: dict[str, Implementation] = {
    "cidrhost": _host,
    "cidrnetmask": _netmask,
    "cidrsubnet": _subnet,
    "cidrsubnets": _subnets,
}
