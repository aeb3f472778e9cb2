"""Certificates from the command line."""

from pathlib import Path


async def test_the_certificate_is_for_all_published_names_and_those_of_the_settings(
    bare, tmp_path: Path
) -> None:
    made = await bare(
        *("tls", "dev", "--directory", str(tmp_path / "tls"), "--host", "extra.test", "--json"),
        STAFFETTA_HOSTS="own.test=v2",
        STAFFETTA_HOST="192.0.2.7",
    )
    hosts = made.json["hosts"]
    assert len(hosts) == len(set(hosts)) == 10 + 3 + 3
    assert {"ws.messaggisms.com", "test.oauth.altravia.com", "::1", "own.test"} <= set(hosts)
    assert {"192.0.2.7", "extra.test", "localhost"} <= set(hosts)
    assert made.json["certificate"] == str(tmp_path / "tls" / "server.pem")
    assert (tmp_path / "tls" / "server.key").exists()


async def test_it_says_exactly_what_to_do_next(bare, tmp_path: Path) -> None:
    said = (await bare("tls", "dev", STAFFETTA_DATA_DIR=str(tmp_path / "data"))).out
    directory = tmp_path / "data" / "tls"
    for line in (
        f"export STAFFETTA_TLS_CERT={directory}/server.pem",
        f"export STAFFETTA_TLS_KEY={directory}/server.key",
        "export STAFFETTA_TLS_PORT=443",
        "127.0.0.1 ws.messaggisms.com",
        "127.0.0.1 test.oauth.openapi.com",
        "update-ca-certificates",
        f"export REQUESTS_CA_BUNDLE={directory}/authority.pem",
        f"export SSL_CERT_FILE={directory}/authority.pem",
        f"export NODE_EXTRA_CA_CERTS={directory}/authority.pem",
        f"curl --cacert {directory}/authority.pem https://sms.openapi.com/",
    ):
        assert line in said
    assert said.count("127.0.0.1 ") == 10


async def test_a_second_run_keeps_what_is_good_and_a_new_host_needs_a_new_authority(
    bare, tmp_path: Path
) -> None:
    arguments = ("tls", "dev", "--directory", str(tmp_path))
    await bare(*arguments)
    before = (tmp_path / "server.pem").read_bytes()
    assert "Certificate kept" in (await bare(*arguments)).out
    refused = await bare(*arguments, "--host", "new.test")
    assert refused.code == 1
    assert "may not sign for new.test" in refused.err
    assert (tmp_path / "server.pem").read_bytes() == before
    assert "Certificate made" in (await bare(*arguments, "--renew")).out


async def test_a_host_that_is_none_is_refused(bare, tmp_path: Path) -> None:
    refused = await bare("tls", "dev", "--directory", str(tmp_path / "x"), "--host", "a b")
    assert refused.code == 1
    assert "'a b' is neither a host name nor an address" in refused.err
    assert not (tmp_path / "x").exists()
