"""The `martlive-cloud` command."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from martlive_desktop import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_PORT = 8764


def main() -> int:
    """Run one command; gives its exit code: 0 fine, 1 could not, 2 wrong usage."""
    return run(sys.argv[1:])


def run(arguments: Sequence[str]) -> int:
    """The same with `arguments`."""
    from pydantic import ValidationError

    from cloud_api.errors import CloudError
    from martlive_desktop.core.errors import MartLiveError

    asked = _parser().parse_args(arguments)
    try:
        asked.act(asked)
    except (CloudError, MartLiveError) as exc:
        print(exc, file=sys.stderr)
        return 1
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        name = "_".join(map(str, first["loc"])).upper()
        print(f"MARTLIVE_{name} is not valid: {first['msg']}.", file=sys.stderr)
        return 2
    return 0


def _serve(asked: argparse.Namespace) -> None:
    from cloud_api.running import run as serve
    from cloud_api.settings import CloudSettings

    given = {name: value for name in ("host", "port") if (value := getattr(asked, name)) is not None}
    serve(asked.command, CloudSettings(**given))


def _up(asked: argparse.Namespace) -> None:
    from cloud_api.running import PORTS
    from cloud_api.settings import CloudSettings
    from cloud_api.up import run_up

    data_dir: Path = asked.data_dir or CloudSettings().data_dir
    ports = {name: port - FIRST_PORT + asked.port_base for name, port in PORTS.items()}
    run_up(data_dir.resolve(), ports=ports, is_json=asked.json, tell=lambda line: print(line, flush=True))


def _key(asked: argparse.Namespace) -> None:
    from cloud_api.keys import make_key
    from cloud_api.settings import CloudSettings

    settings = CloudSettings(**({"data_dir": asked.data_dir} if asked.data_dir else {}))
    scopes = tuple(asked.scopes.split(","))
    print(make_key(settings, tenant=asked.tenant, name=asked.name, scopes=scopes, days=asked.days))


def _documents(asked: argparse.Namespace) -> None:
    from cloud_api.documents import check, write

    if asked.check:
        check(asked.folder)
    else:
        write(asked.folder)


def _parser() -> argparse.ArgumentParser:
    from cloud_api.running import SERVICES

    parser = argparse.ArgumentParser(
        prog="martlive-cloud", description="The remote coach: services that hear, word and report for many streams."
    )
    parser.add_argument("--version", action="version", version=f"martlive-cloud {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="all services on this machine", epilog="example: martlive-cloud up")
    up.add_argument("--data-dir", type=Path, help="where databases, secrets and logs lie")
    up.add_argument("--port-base", type=int, default=FIRST_PORT, help=f"first of five ports (default {FIRST_PORT})")
    up.add_argument("--json", action="store_true", help="say where everything is as one JSON line")
    up.set_defaults(act=_up)

    for service in SERVICES:
        one = commands.add_parser(
            service,
            help=f"only {service}, for a cluster",
            epilog=f"example: MARTLIVE_HOST=0.0.0.0 martlive-cloud {service}",
        )
        one.add_argument("--host", help="address to listen on")
        one.add_argument("--port", type=int, help="port to listen on")
        one.set_defaults(act=_serve)

    key = commands.add_parser(
        "key",
        help="make a key for a tenant and print it once",
        epilog="example: martlive-cloud key --tenant agency --scopes stream,tips,read",
    )
    key.add_argument("--tenant", required=True, help="whose key it is; made if it is new")
    key.add_argument("--name", default="key", help="what it is for")
    key.add_argument("--scopes", default="stream,tips,read", help="what it may do: stream, tips, openai, read, admin")
    key.add_argument("--days", type=int, help="after so many days it expires (default: never)")
    key.add_argument("--data-dir", type=Path, help="of the services, where they use SQLite")
    key.set_defaults(act=_key)

    documents = commands.add_parser(
        "documents",
        help="write the OpenAPI and AsyncAPI documents",
        epilog="example: martlive-cloud documents docs/api",
    )
    documents.add_argument("folder", type=Path, nargs="?", default=Path("docs/api"))
    documents.add_argument("--check", action="store_true", help="only say whether they are as they should be")
    documents.set_defaults(act=_documents)
    return parser


if __name__ == "__main__":
    sys.exit(main())
