"""``juntos node index-cases``: keep the hospital's own cases ready for comparing."""

from __future__ import annotations

import json

import typer

from client.options import DEFAULT_HOME, HomeOption


def index_cases(
    home: HomeOption = DEFAULT_HOME,
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Read the source and keep its cases, encrypted, so that similar ones are found here."""
    from client.audit.opening import open_audit
    from client.home import open_home
    from client.similar_cases.index import index_of, write_index
    from client.snapshots.opening import read_seen

    node = open_home(home)
    seen = read_seen(node)
    cases = index_of(node.contract(), seen.records, seen.pseudonyms)
    store = open_audit(node)
    try:
        path = write_index(node.path, store.vault, cases)
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps({"cases": len(cases), "file": str(path)}))
        return
    typer.echo(f"{len(cases)} cases of this hospital are ready for comparing, encrypted.")
