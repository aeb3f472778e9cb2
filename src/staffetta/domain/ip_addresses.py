"""An IP address as it is compared. Pure: no name is looked up."""

from ipaddress import IPv4Address, IPv6Address, ip_address


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as it is compared: IPv4 within IPv6 is IPv4, a zone is left out; None: none."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
