"""What a kit holds, and its bytes: the same run gives the same bytes. Pure."""

import io
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from string import Template
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from functions.kit.buckets import bucket_steps, gcloud
from functions.kit.databases import database_steps
from functions.kit.definitions import definition_steps
from functions.kit.resources import resource_steps
from functions.kit.script import KitStep, ShellCommand, stem, told, vault_uri
from functions.kit.tables import access_step, bq_of, dataset_steps, table_steps, working_step
from manifests.errors import SourceUnreadableError
from manifests.kinds.resources.lines import StoredResource
from manifests.kinds.resources.table import TYPES
from manifests.layout import manifest_name, run_prefix
from manifests.model.run import Manifest
from manifests.parts import KindName

_OLDEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_PLAIN_FILE = 0o100644 << 16
_WRITTEN: frozenset[KindName] = frozenset({"tables", "buckets", "databases", "resources"})
_RESTORE = """\
#!/bin/sh
# Restores run $run with bq, gcloud and Python alone. Read README.txt first.
#   sh restore.sh                    every step, in order; a step that has ended is not run again
#   sh restore.sh steps/0004-*.sh    these steps
set -eu
umask 077
cd "$$(dirname "$$0")"
: "$${PROJECT:=$project}" "$${VAULT:=$vault}"
export PROJECT VAULT
mkdir -p "done/$$PROJECT" answers
[ $$# -gt 0 ] || set -- steps/*.sh
for step in "$$@"; do
  ended="done/$$PROJECT/$$(basename "$$step")"
  if [ -e "$$ended" ]; then continue; fi
  echo "== $$step" >&2
  if ! sh -eu "$$step"; then
    echo "FAILED: $$step. Mend it and call this again, or pass over it: touch $$ended" >&2
    exit 1
  fi
  : > "$$ended"
done
"""


_README = """\
Kit of run $run: the platform of project $project at $point

Use it where Rebound cannot be used; `rebound recover` does the same, and proves more.
It needs gcloud and bq, signed in as somebody who may read gs://$vault and write what is
restored, and the Python 3 that they need themselves. Nothing of it is Rebound's.

  sh restore.sh                          $steps steps, in order; call it again to go on
  PROJECT=other-project sh restore.sh    restore into another project
  VAULT=copy-of-the-vault sh restore.sh  restore from a copy of the vault
  sh restore.sh steps/00004-*.sh         one step, or some: a table has two or three

Look at a step before you run it: each is a page of commands, in the order of their numbers.

What is there is never written over. What cannot be made because it is there fails its step, and
you decide: remove what is there, or pass over the step. What no command makes fails its step, too. A table that is there with rows: pass over
nothing, move it away first. Objects of buckets are copied only where none are.

What is proven: each object of the vault against the manifest, rows of each table by count and
fingerprint of every partition, objects of each bucket by size and checksum, documents as they are
stored. Configuration is not compared: look at it.

What to know:
- While tables are filled, only who has a role in the whole project sees them: access to datasets is
  given back behind row access policies, and those come behind the rows.
- Views, routines and policies name the project that they were made in.
- Objects are copied by a command each, about one in a second; answers/*.sh can be cut and run in
  pieces at once. Their commands are printed by check.py from the inventory of the run.
- In another project no configuration but access is made, since it names accounts, topics and
  targets of the original: each such step says so, and ends.
- Schedules are made paused, subscriptions without what they push to, which is in files/*.push.json. Run
  them once data is proven, as said below of what you paused.

Erasure: keys that have to stay erased are in gs://$vault/erasures/, and no step heeds them. Read that
folder now: it is newer than this kit. Each entry names digests, SHA-256 in hexadecimal, of a scope, `=`
and a key; an entry that a later one `revokes` counts no more, each names the one before as `previous`. Remove what they name before anybody
sees it, once a step has proven what it restored:
- rows: bq query --use_legacy_sql=false 'DELETE FROM `dataset.table` WHERE
  TO_HEX(SHA256(CONCAT("dataset.table.column=", CAST(column AS STRING)))) IN ("DIGEST", ...)'
  (the column in lower case in the scope); a table that demands a partition filter takes it with
  AND (partition_column IS NULL OR partition_column >= "0001-01-01")
- objects, of the scope `bucket NAME`: those whose name has such a digest, or, where the entry has
  `prefixes`, how it begins, as many bytes as it says; documents, of `database ID`: a path, with all below:
  printf %s 'bucket NAME=OBJECT' | sha256sum

Nothing here pauses what writes. Before the first step, by hand: note what you paused, and keep the files.
  gcloud scheduler jobs list --project=$project --location=LOCATION
  gcloud scheduler jobs pause JOB --project=$project --location=LOCATION
  gcloud pubsub subscriptions list --project=$project
  gcloud pubsub subscriptions describe SUBSCRIPTION --project=$project --format='json(pushConfig)' >SUBSCRIPTION.push.json
  gcloud pubsub subscriptions modify-push-config SUBSCRIPTION --project=$project --push-endpoint=
  bq ls --project_id=$project --transfer_config --transfer_location=LOCATION
  curl --fail -X PATCH -H "Authorization: Bearer $$(gcloud auth print-access-token)" \
    -H 'Content-Type: application/json' -d '{"disabled": true}' \
    'https://bigquerydatatransfer.googleapis.com/v1/TRANSFER?updateMask=disabled'
TRANSFER is its whole name, projects/.../transferConfigs/ID. What runs already ends by itself: wait for it.
Resume it once all is proven, and nothing else: a transfer by the same with false, the others by
  gcloud scheduler jobs resume JOB --project=$project --location=LOCATION
  curl --fail -X POST -H "Authorization: Bearer $$(gcloud auth print-access-token)" \
    -H 'Content-Type: application/json' -d @SUBSCRIPTION.push.json \
    https://pubsub.googleapis.com/v1/projects/$project/subscriptions/SUBSCRIPTION:modifyPushConfig
No flag of gcloud says all of what a subscription pushes to, and `bq update --no_auto_scheduling` would
replace the schedule of a transfer: that is why it is curl.

Triggers of a database that is still there fire for each document that is written: stop what they start first.
The id of a database that was deleted is free again after some minutes: until then its step fails.
Firestore: no command of gcloud or bq writes a document. The steps make the database, put its documents,
proven, into answers/*.documents.jsonl, as the REST API takes them, and firestore.py writes those that
are not there, in the name of whom gcloud knows. One that is there and is another fails its step. Where
the database is still there and kept its history, gcloud alone can go back up to seven days, to a whole minute:
  gcloud firestore export gs://BUCKET/before --database=ID --snapshot-time=$point
  gcloud firestore import gs://BUCKET/before --database=ID
An import writes over documents of the same name, and deletes none.

What these commands do not bring back:
$left
"""


def kit_bytes(
    manifest: Manifest, resources: Mapping[str, Sequence[StoredResource]], vault: str
) -> bytes:
    """Return the kit of a run: an archive of scripts and of what they read.

    Args:
        manifest: The run's manifest, as far as it can be known before the kit is stored.
        resources: Every resource of each type that the run holds.
        vault: The bucket with the backups.
    """
    own = {"run": manifest.run_id, "project": shlex.quote(manifest.project)}
    content: dict[str, bytes] = {
        "restore.sh": Template(_RESTORE).substitute(own, vault=shlex.quote(vault)).encode()
    }
    for name in ("check.py", "documents.py", "firestore.py"):
        content[name] = (files("functions.kit") / name).read_bytes()
    steps = list(_steps(manifest, resources))
    for number, step in enumerate(steps, start=1):
        content[f"steps/{number:05d}-{step.sort}-{stem(step.name)}.sh"] = step.script().encode()
        content.update(step.files)
    content["README.txt"] = _readme(manifest, steps, vault).encode()
    return _packed(content)


def _steps(
    manifest: Manifest, resources: Mapping[str, Sequence[StoredResource]]
) -> Iterator[KitStep]:
    """Yield every step, each behind what it needs."""
    datasets = {dataset.dataset_id: dataset for dataset in manifest.datasets}
    yield _manifest_step(manifest)
    yield from _resources(manifest, resources, before_data=True)
    for dataset in datasets.values():
        yield from _whole("dataset", dataset.dataset_id, dataset_steps(dataset))
    if manifest.tables:
        yield working_step(datasets[manifest.tables[0].dataset_id])
    for table in manifest.tables:
        own = table_steps(table, bq_of(datasets[table.dataset_id]))
        yield from _whole("table", table.name, own)
    yield from definition_steps(manifest.datasets)
    for dataset in datasets.values():
        yield access_step(dataset)
    for bucket in manifest.buckets:
        yield from _whole("bucket", bucket.bucket, bucket_steps(bucket))
    for database in manifest.databases:
        yield from _whole("database", database.name, database_steps(database))
    yield from _resources(manifest, resources, before_data=False)
    yield from without_commands(manifest)


def without_commands(
    manifest: Manifest, written: Collection[KindName] = _WRITTEN
) -> Iterator[KitStep]:
    """Yield a step for each part of a kind that no commands are written for: it fails, and says so.

    Args:
        manifest: The run's manifest.
        written: The kinds that commands are written for.
    """
    for kind, part in manifest.every_part:
        if kind.name not in written:
            left = f"all of it: no command of a kit brings back a {kind.noun}"
            yield KitStep(kind.noun, part.name, (), left=(left,))


def _resources(
    manifest: Manifest, resources: Mapping[str, Sequence[StoredResource]], *, before_data: bool
) -> Iterator[KitStep]:
    backups = {backup.type: backup for backup in manifest.resources}
    for kind in TYPES:
        if kind.name in backups and kind.before_data is before_data:
            for step in resource_steps(backups[kind.name], resources[kind.name]):
                # The names of accounts, topics and destinations are those of their project: what is
                # made of them in another would act on the original.
                is_named = step.sort not in ("access", "resources")
                yield step._replace(only_in=manifest.project) if is_named else step


def _whole(sort: str, name: str, steps: Iterable[KitStep]) -> list[KitStep]:
    """Return the steps of one thing; where one cannot be written, a step that says so."""
    try:
        found = list(steps)
        for step in found:
            step.script()
    except SourceUnreadableError as error:
        return [KitStep(sort, name, (), left=(f"all of it: {error}",))]
    return found


def _manifest_step(manifest: Manifest) -> KitStep:
    """Return what fetches the manifest and compares what the vault has with it."""
    runs = {run_prefix(export.run_id) for table in manifest.tables for export in table.exports}
    commands = [gcloud("storage", "cp", vault_uri(manifest_name(manifest.run_id)), "manifest.json")]
    listings = []
    for number, prefix in enumerate(sorted({run_prefix(manifest.run_id), *runs})):
        listing = f"answers/vault.{number:05d}.json"
        # A list has no checksum of what is under a key of Cloud KMS, unless each is fetched.
        shown = (
            "--raw",
            "--fetch-encrypted-object-hashes",
            "--format=json(name,size,crc32c)",
        )
        where = vault_uri(f"{prefix}**")
        commands.append(gcloud("storage", "objects", "list", where, *shown, stdout=listing))
        listings.append(listing)
    commands.append(ShellCommand(("python3", "check.py", "stored", *listings)))
    return KitStep("manifest", manifest.run_id, tuple(commands))


def _readme(manifest: Manifest, steps: Sequence[KitStep], vault: str) -> str:
    left = [f"  {told(step.name)}: {told(item)}" for step in steps for item in step.left]
    point = f"{manifest.recovery_point:%Y-%m-%dT%H:%M:%SZ}"
    return Template(_README).substitute(
        run=manifest.run_id,
        point=point,
        project=manifest.project,
        vault=vault,
        steps=len(steps),
        left="\n".join(left) or "  nothing",
    )


def _packed(content: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as kit:
        for name in sorted(content):
            entry = ZipInfo(name, _OLDEST_ZIP_TIME)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            entry.compress_type = ZIP_DEFLATED
            kit.writestr(entry, content[name])
    return packed.getvalue()
