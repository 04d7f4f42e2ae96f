"""An instance of Virtuoso of the benchmark's own: its folder, its settings, its loader."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

PROGRAM = "virtuoso-t"
_CLIENT = "isql-vt"
# 8 KiB a buffer: together as much memory as clientgraph's own default limit.
_BUFFERS = 340_000

_SETTINGS = """[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
MaxCheckpointRemap = 2000
[Parameters]
ServerPort = 127.0.0.1:{sql}
CheckpointInterval = 0
DirsAllowed = {files}
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
MaxQueryMem = 2G
ThreadsPerQuery = 4
AsyncQueueMaxThreads = 10
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
ServerThreads = 10
[SPARQL]
ResultSetMaxRows = 100000000
MaxQueryCostEstimationTime = 0
MaxQueryExecutionTime = 0
"""


def there() -> bool:
    """Return whether the programs are installed (Debian's package `virtuoso-opensource`)."""
    return all(shutil.which(name) for name in (PROGRAM, _CLIENT))


def command(folder: Path, port: int) -> list[str]:
    """Write the settings of an instance that listens on two ports; return what starts it."""
    settings = folder / "virtuoso.ini"
    settings.write_text(
        _SETTINGS.format(
            folder=folder,
            files=folder.parent,
            http=port,
            sql=sql_port(port),
            buffers=_BUFFERS,
            dirty=_BUFFERS * 3 // 4,
        )
    )
    return [PROGRAM, "+foreground", "+configfile", str(settings)]


def sql_port(port: int) -> int:
    """Return the port for SQL of an instance that serves HTTP on a port."""
    return port + 1


def load(port: int, files: list[Path]) -> None:
    """Load N-Quads into a running instance by its bulk loader, and keep them."""
    for file in files:
        _sql(port, f"ld_dir('{file.parent}', '{file.name}', 'urn:default');")
    _sql(port, "rdf_loader_run();")
    _sql(port, "checkpoint;")
    refused = _sql(port, "SELECT ll_error FROM DB.DBA.load_list WHERE ll_error IS NOT NULL;")
    if "0 Rows." not in refused:
        raise RuntimeError(f"Virtuoso did not load every file:\n{refused}")


def _sql(port: int, statement: str) -> str:
    # The account and its password are those of every new instance; it listens on loopback alone.
    given = [_CLIENT, f"127.0.0.1:{sql_port(port)}", "dba", "dba", f"exec={statement}"]
    return subprocess.run(given, check=True, capture_output=True, text=True).stdout
