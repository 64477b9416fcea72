"""Fills a folder by KServe's own downloader.

Reads {"uri", "folder", "allowedPrefixes"} from standard input. Ends with 0, or with 1 and one line on file
descriptor 3 that says why. Where the address itself chooses the host, no connection goes to link-local addresses and
to metadata services of clouds, whatever names resolve to and redirects say; clients of S3, GCS, Azure and HDFS may ask
a metadata service for their credentials, as KServe's users know it.
"""

import ipaddress
import json
import os
import re
import shutil
import socket
import sys
from urllib.parse import urljoin, urlsplit

OWN_CREDENTIALS = re.compile(
    r"(s3|gs|hdfs|webhdfs)://|https://[^/]+\.(blob|file)\.(core\.windows|storage\.azure)\.net/"
)
FORBIDDEN = [
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",
        "168.63.129.16/32",
        "100.100.100.200/32",
        "192.0.0.192/32",
        "fe80::/10",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",
        "64:ff9b::a9fe:0/112",
        "64:ff9b::a83f:8110/128",
        "64:ff9b::6464:64c8/128",
        "64:ff9b::c000:c0/128",
        "::a9fe:0/112",
        "2002:a9fe::/32",
    )
]


# Why something was refused here. Those in between put it into words of their own.
refusals = []


def refuse(why):
    """Ends what is going on, and keeps why."""
    refusals.append(why)
    raise PermissionError(why)


def is_forbidden(host):
    """Whether an address is one that is never reached."""
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in FORBIDDEN if network.version == address.version)


def guard_connections():
    """Lets no connection of this process go to a forbidden address, however it was resolved."""
    for name in ("connect", "connect_ex"):

        def guarded(self, address, plain=getattr(socket.socket, name)):
            if isinstance(address, tuple) and is_forbidden(str(address[0])):
                refuse(f"{address[0]} is link-local or a metadata service; nothing is ever read from there")
            return plain(self, address)

        setattr(socket.socket, name, guarded)


def guard_redirects(first, allowed_prefixes):
    """Lets redirects lead to http and https alone, within what is allowed, and take no credentials elsewhere."""
    import requests

    plain = requests.Session.get_redirect_target
    headers = os.environ.get(f"{urlsplit(first).hostname}-headers")

    def guarded(self, response):
        target = plain(self, response)
        if target is None:
            return None
        url = urlsplit(urljoin(response.url, target))
        where = f"{url.scheme}://{url.hostname}"
        if url.scheme not in ("http", "https"):
            refuse(f"the address redirects to {where}, which is no HTTP")
        if headers and url.hostname != urlsplit(first).hostname:
            refuse(f"the address redirects to {where}, which the headers of its own host must not reach")
        if allowed_prefixes and not any(begins_with(url.geturl(), prefix) for prefix in allowed_prefixes):
            refuse(f"the address redirects to {where}, which is not among ALLOWED_ARTIFACT_URI_PREFIXES")
        return target

    requests.Session.get_redirect_target = guarded


def begins_with(uri, prefix):
    """Whether an address begins with a prefix, and the prefix ends where a part of its path does."""
    split = urlsplit(uri)
    if split.username or split.password or re.search(r"(^|/)(\.|%2e){1,2}(/|$)", split.path, re.IGNORECASE):
        return False
    return uri == prefix or uri.startswith(prefix if prefix.endswith("/") else prefix + "/")


def main():
    asked = json.load(sys.stdin)
    uri, folder = asked["uri"], asked["folder"]
    try:
        from kserve_storage import Storage
    except ImportError as error:
        raise RuntimeError(f"{sys.executable} has no kserve-storage ({error}); install it with pip") from error
    if not OWN_CREDENTIALS.match(uri):
        guard_connections()
        guard_redirects(uri, asked["allowedPrefixes"])
    Storage.download(uri, folder)
    # What the client of Hugging Face notes for itself.
    shutil.rmtree(os.path.join(folder, ".cache", "huggingface"), ignore_errors=True)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        with os.fdopen(3, "w", encoding="utf-8", errors="replace") as result:
            words = refusals[0] if refusals else " ".join(str(error).split())[:2000]
            result.write(words or type(error).__name__)
        sys.exit(1)
