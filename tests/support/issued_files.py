"""A certificate and its key as files, for programs that take no other."""

from pathlib import Path

from authority import Issued


def write_files(issued: Issued, directory: Path) -> tuple[Path, Path]:
    """The files of the certificate and of its key."""
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    certificate.write_text(issued.certificate)
    key.write_text(issued.key)
    return certificate, key
