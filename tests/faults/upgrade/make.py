#!/usr/bin/env python3
"""Makes the stored databases of this folder: `python3 tests/faults/upgrade/make.py PATH-OF-BARTIZAN`.

A server is started in an empty directory, a user and some sessions are made, and it is stopped. Then,
for each version of the schema, the migrations up to it are run on an empty database and the rows are
put into it, as a program of that version would have written them: it had the same columns for them, and
the events are sealed over the same bytes. What that version has no column for must be empty, and what
it has no name for must not be in the log.

Files that are there are not made again: a stored file of a released version never changes. Run it anew
when a version of the schema was added: the rows are then those of the newest file that is there.
"""
import argparse
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).parent
MIGRATIONS = HERE.parents[2] / "src/storage/sqlite/migrations"
APPLICATION_ID = 1_111_577_172
PASSWORD = "Secret123!"


def call(address, method, path, token, body):
    request = urllib.request.Request(
        f"{address}{path}",
        method=method,
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def fill(program, directory):
    """Starts a server, makes what is to be found again, and stops it."""
    environment = {
        "BARTIZAN_PASSWORDS__MEMORY_KIB": "64",
        "BARTIZAN_PASSWORDS__ITERATIONS": "1",
        "ZITADEL_FIRSTINSTANCE_ORG_MACHINE_PAT_EXPIRATIONDATE": "9999-01-01T00:00:00Z",
        "ZITADEL_FIRSTINSTANCE_ORG_LOGINCLIENT_PAT_EXPIRATIONDATE": "9999-01-01T00:00:00Z",
    }
    server = subprocess.Popen(
        [program, "serve", "--listen", "127.0.0.1:0", "--data-dir", directory],
        env=environment, stderr=subprocess.PIPE, text=True,
    )
    address = None
    while address is None:
        line = server.stderr.readline()
        if "listening on: `" in line:
            address = line.split("`")[1]
    admin = (directory / "admin.pat").read_text().strip()
    login = (directory / "login-client.pat").read_text().strip()
    # With a password from the first event on, as every version could.
    user = call(address, "POST", "/v2/users/human", admin, {
        "username": "mini",
        "profile": {"givenName": "Mini", "familyName": "Mouse"},
        "email": {"email": "mini@example.com", "isVerified": True},
        "password": {"password": PASSWORD},
    })["userId"]
    checks = {"user": {"userId": user}, "password": {"password": PASSWORD}}
    sessions = []
    for body in (
        {},
        {"metadata": {"a": "YQ=="}, "userAgent": {"fingerprintId": "f", "ip": "192.0.2.1"}},
        {"checks": checks},
        {"checks": checks, "lifetime": "31536000000s"},
        {"checks": checks},
    ):
        made = call(address, "POST", "/v2/sessions", login, body)
        sessions.append({"id": made["sessionId"], "token": made["sessionToken"],
                         "sequence": made["details"]["sequence"], "deleted": False})
    changed = call(address, "PATCH", f"/v2/sessions/{sessions[1]['id']}", login, {"metadata": {"b": "Yg=="}})
    sessions[1] |= {"token": changed["sessionToken"], "sequence": changed["details"]["sequence"]}
    call(address, "DELETE", f"/v2/sessions/{sessions[4]['id']}", login, {})
    sessions[4]["deleted"] = True
    server.terminate()
    assert server.wait() == 0
    known = {"user": user, "password": PASSWORD, "sessions": sessions}
    (directory / "known.json").write_text(json.dumps(known, indent=1) + "\n")


def put(rows, old, version):
    """Puts the rows into the tables of an older version."""
    tables = [name for (name,) in old.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('event_types', 'sqlite_sequence')")]
    known = {code for (code,) in old.execute("SELECT code FROM event_types")}
    used = {code for (code,) in rows.execute("SELECT DISTINCT event_type FROM events")}
    assert used <= known, f"version {version} does not know the events {used - known}"
    everything = [name for (name,) in rows.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in everything:
        if table not in tables and table not in ("event_types", "sqlite_sequence"):
            (count,) = rows.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert count == 0, f"version {version} has no table `{table}`"
    old.execute("PRAGMA foreign_keys = OFF")
    for table in tables:
        has = [row[1] for row in rows.execute(f"PRAGMA table_info({table})")]
        takes = [row[1] for row in old.execute(f"PRAGMA table_info({table})")]
        both = [column for column in takes if column in has]
        if not both:
            continue
        for column in set(has) - set(takes):
            values = {row[0] for row in rows.execute(f"SELECT DISTINCT {column} FROM {table}")}
            assert values <= {None, 0}, f"version {version} has no `{table}.{column}`: {values}"
        names = ", ".join(both)
        marks = ", ".join("?" for _ in both)
        old.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})",
                        rows.execute(f"SELECT {names} FROM {table}"))
    old.commit()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program", type=pathlib.Path)
    program = arguments.parse_args().program.resolve()
    data = HERE / "data"
    if not data.exists():
        with tempfile.TemporaryDirectory() as made:
            made = pathlib.Path(made) / "data"
            fill(program, made)
            data.mkdir()
            for name in ("bartizan.key", "admin.pat", "login-client.pat", "known.json"):
                (data / name).write_bytes((made / name).read_bytes())
            rows = sqlite3.connect(made / "bartizan.db")
            text = "\n".join(rows.iterdump())
            rows.close()
    else:
        text = sorted(HERE.glob("[0-9]*.sql"))[-1].read_text()
    rows = sqlite3.connect(":memory:")
    rows.executescript(text)
    for step in sorted(MIGRATIONS.glob("*.sql")):
        version = int(step.name[:4])
        target = HERE / f"{version:04}.sql"
        if target.exists():
            continue
        old = sqlite3.connect(":memory:")
        for earlier in sorted(MIGRATIONS.glob("*.sql"))[:version]:
            old.executescript(earlier.read_text())
        put(rows, old, version)
        pragmas = f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {version};\n"
        target.write_text("\n".join(old.iterdump()) + "\n" + pragmas)
        print(target.relative_to(HERE), os.path.getsize(target))


main()
