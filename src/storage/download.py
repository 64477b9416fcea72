"""Fills a folder by KServe's own downloader.

Reads {"uri", "folder", "allowedPrefixes"} from standard input. Ends with 0, or with 1 and one line on file
descriptor 3 that says why. Where the address itself chooses the host, no connection goes to link-local addresses and
to metadata services of clouds, whatever names resolve to and redirects say; clients of S3, GCS, Azure and HDFS may ask
a metadata service for their credentials, as KServe's users know it. Nothing is written through a path that leads out of
the folder.
"""

import ipaddress
import json
import multiprocessing
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
    )
]


# Where an address of IPv6 embeds one of IPv4: what it begins with, and which of its bytes those are. Mapped, translated,
# compatible, NAT64, that of RFC 8215 in each length it may have, and 6to4.
LAST = (12, 13, 14, 15)
EMBEDDED = [
    (bytes(10) + b"\xff\xff", LAST),
    (bytes(8) + b"\xff\xff\x00\x00", LAST),
    (bytes(12), LAST),
    (b"\x00\x64\xff\x9b" + bytes(8), LAST),
    (b"\x00\x64\xff\x9b\x00\x01", (6, 7, 9, 10)),
    (b"\x00\x64\xff\x9b\x00\x01", (7, 9, 10, 11)),
    (b"\x00\x64\xff\x9b\x00\x01", (9, 10, 11, 12)),
    (b"\x00\x64\xff\x9b\x00\x01", LAST),
    (b"\x20\x02", (2, 3, 4, 5)),
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
    packed = address.packed
    meant = [address] + [
        ipaddress.IPv4Address(bytes(packed[i] for i in at))
        for prefix, at in EMBEDDED
        if address.version == 6 and packed.startswith(prefix)
    ]
    return any(one in network for one in meant for network in FORBIDDEN if network.version == one.version)


def guard_connections():
    """Lets no connection of this process go to a forbidden address, however it was resolved."""
    for name in ("connect", "connect_ex"):

        def guarded(self, address, plain=getattr(socket.socket, name)):
            if isinstance(address, tuple) and is_forbidden(str(address[0])):
                refuse(f"{address[0]} is link-local or a metadata service; nothing is ever read from there")
            return plain(self, address)

        setattr(socket.socket, name, guarded)


def guard_files(folder):
    """Lets this process and its workers write nothing through a path that leads out of the folder: names come from a bucket."""
    inside = os.path.realpath(folder) + os.sep
    beginnings = tuple(path + os.sep for path in (folder, os.path.abspath(folder))) + (inside,)
    # Which of the arguments of an event is the path that is written to.
    written = {"open": 0, "os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1}

    def guard(event, arguments):
        if event not in written:
            return
        path = arguments[written[event]]
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
        path = os.fsdecode(path)
        if path.startswith(beginnings) and not (os.path.realpath(path) + os.sep).startswith(inside):
            refuse(f"a name among the files leads out of their folder: {path!r}")

    sys.addaudithook(guard)
    # Workers that do not begin as copies would know nothing of it. The downloader's packages may have chosen already.
    multiprocessing.set_start_method("fork", force=True)


def guard_redirects(first, allowed_prefixes):
    """Lets redirects lead to http and https alone, within what is allowed, and take no credentials elsewhere."""
    import requests
    import urllib3

    plain = requests.Session.get_redirect_target
    plain_location = urllib3.response.BaseHTTPResponse.get_redirect_location
    headers = os.environ.get(f"{urlsplit(first).hostname}-headers")
    at = first

    def guarded(self, response):
        target = plain(self, response)
        if target is not None:
            check(urlsplit(urljoin(response.url, target)))
        return target

    # Where Git follows redirects. A response does not know the whole of its own address there.
    def guarded_location(self):
        nonlocal at
        target = plain_location(self)
        if target:
            at = urljoin(at, target)
            check(urlsplit(at))
        return target

    def check(url):
        where = f"{url.scheme}://{url.hostname}"
        if url.scheme not in ("http", "https"):
            refuse(f"the address redirects to {where}, which is not HTTP")
        if headers and url.hostname != urlsplit(first).hostname:
            refuse(f"the address redirects to {where}, which the headers of its own host must not reach")
        if allowed_prefixes and not any(begins_with(url.geturl(), prefix) for prefix in allowed_prefixes):
            refuse(f"the address redirects to {where}, which is not among ALLOWED_ARTIFACT_URI_PREFIXES")

    requests.Session.get_redirect_target = guarded
    urllib3.response.BaseHTTPResponse.get_redirect_location = guarded_location


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
    guard_files(folder)
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
