"""Why BigQuery would not take an Avro file, or write one."""


class AvroRefusedError(Exception):
    """A job that BigQuery ends with an error.

    Args:
        reason: BigQuery's short reason, such as `invalid`.
        message: What it tells the user.
    """

    def __init__(self, reason: str, message: str) -> None:
        # Both are arguments, so that the error survives the way out of a worker process.
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return self.message
