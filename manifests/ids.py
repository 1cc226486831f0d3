"""What Google Cloud allows in the ids of projects, buckets and databases."""

from typing import Annotated

from pydantic import StringConstraints

PROJECT_ID = r"[a-z][a-z0-9:.-]{4,62}[a-z0-9]"
BUCKET_NAME = r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"
DATABASE_ID = r"\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9]"

ProjectId = Annotated[str, StringConstraints(pattern=rf"^({PROJECT_ID})$")]
BucketName = Annotated[str, StringConstraints(pattern=rf"^({BUCKET_NAME})$")]
DatabaseId = Annotated[str, StringConstraints(pattern=rf"^({DATABASE_ID})$")]
