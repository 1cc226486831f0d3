"""What Google Cloud allows in ids, as far as Rebound writes them into statements and addresses."""

from typing import Annotated

from pydantic import StringConstraints

PROJECT_ID = r"[a-z][a-z0-9:.-]{4,62}[a-z0-9]"
BUCKET_NAME = r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"
DATABASE_ID = r"\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9]"

ProjectId = Annotated[str, StringConstraints(pattern=rf"^({PROJECT_ID})$")]
BucketName = Annotated[str, StringConstraints(pattern=rf"^({BUCKET_NAME})$")]
DatabaseId = Annotated[str, StringConstraints(pattern=rf"^({DATABASE_ID})$")]
DatasetId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=1024)]
TableName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z0-9_-]+$", max_length=2049)
]
DefinitionName = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*\.[\p{L}\p{M}\p{N}\p{Pc}\p{Pd}\p{Zs}]+$", max_length=2049
    ),
]
PartitionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=64)]
