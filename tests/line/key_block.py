"""The Prefect block with the keys of the tests' S3 server, as an operator makes it once."""

from tests.command_line import as_command
from tests.conftest import Project
from tests.s3 import KEYS


def save_keys(project: Project, name: str) -> None:
    """Keep the keys as a block of the project's Prefect server."""
    with as_command(project.root, project.surroundings()):
        # Prefect is imported once its settings are in the environment.
        from prefect_aws import AwsCredentials

        AwsCredentials(
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"], aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"]
        ).save(name)
