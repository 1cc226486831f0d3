"""Why BigQuery would not take an Avro file, or write one."""


class AvroRefusedError(Exception):
    """A job that BigQuery ends with an error.

    Args:
        reason: BigQuery's short reason, such as `invalid`.
        message: What it tells the user.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
